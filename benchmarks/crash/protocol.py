"""The messages between the one who kills and the one who is killed, a line of JSON each."""

from dataclasses import dataclass

BLOCK_SIZE = 16
MAX_TOKENS = 12
"""Generated in one turn."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker begins with: the sessions as far as they were acknowledged, and its budgets in
    bytes. `max_file_bytes`: files beyond it cannot be written, as on a disk that is full."""

    shelf: str
    model: str
    seed: int
    sessions: dict[str, list[int]]
    resident_budget: int
    at_rest_budget: int
    shelf_budget: int
    max_file_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A turn is over and its blocks are on the shelf: `tokens` is the session's whole sequence now,
    of which the first `num_prompt` were the prompt and `num_cached` of these were not computed."""

    session: str
    tokens: list[int]
    num_prompt: int
    num_cached: int
