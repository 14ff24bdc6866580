"""Which documents a turn was given to read, in the usage of every model API (an extension)."""

from agent_memory.turns.events import Usage


def contexts_read(usage: Usage) -> dict[str, object]:
    """The field `contexts`, where there were any."""
    return {"contexts": list(usage.contexts)} if usage.contexts else {}
