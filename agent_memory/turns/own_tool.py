"""A tool that the server runs itself, where the client consents."""

from dataclasses import dataclass

MEMORY_TOOL = "memory"
"""Its name, as Anthropic has it."""
MAX_ROUNDS = 16
"""Of one turn: a model that calls on and on is stopped."""


@dataclass(frozen=True, slots=True)
class MemoryTool:
    """The memory tool of a turn. prefix: of the keys of its files. by: the id of the API key."""

    prefix: str
    by: str
    name: str = MEMORY_TOOL
