"""The engine's answers, in order.

Restored  (Prefilled | Generated)*  Finished (one per choice)  Stored
"""

from dataclasses import dataclass

from agent_memory.cache.lease import StoredBlock
from agent_memory.turns.events import (
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
)

OutputDelta = TextDelta | ThinkingDelta | ToolCallStarted | ToolCallDelta


@dataclass(frozen=True, slots=True)
class Restored:
    """The row is open. Cached tokens that neither came from the shelf nor were at rest in memory
    were resident. Fewer of them than leased means that a shelf file was unusable (`bad_files` names
    those, and they are no longer there), or that `num_passed_over` tokens are computed sooner than
    read."""

    num_cached_tokens: int
    num_from_shelf: int
    bad_files: tuple[str, ...] = ()
    num_passed_over: int = 0
    num_from_memory: int = 0


@dataclass(frozen=True, slots=True)
class Prefilled:
    num_done: int
    num_total: int


@dataclass(frozen=True, slots=True)
class Generated:
    """New tokens of one choice, and what they say. Deltas may lag behind the tokens (a stop
    string, a half character or a tool call may be forming)."""

    index: int
    token_ids: tuple[int, ...]
    deltas: tuple[OutputDelta, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """`deltas` is what was still held back. `ends_with_eos`: the last generated token closed the
    turn and is not part of the text."""

    index: int
    reason: FinishReason
    stop_sequence: str | None
    ends_with_eos: bool
    deltas: tuple[OutputDelta, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """The last event: these blocks now hold the sequence of choice 0 (prompt and generated tokens
    but the last, which was never fed). `num_tokens` is the length they cover."""

    blocks: tuple[StoredBlock, ...]
    num_tokens: int


EngineEvent = Restored | Prefilled | Generated | Finished | Stored
