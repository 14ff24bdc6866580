"""Which contexts are meant."""

from dataclasses import dataclass

MAX_TAGS = 32


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is named must hold. tags: each of them must stand on the context."""

    prefix: str = ""
    tags: tuple[str, ...] = ()
    session_id: str | None = None
    agent_id: str | None = None
