"""Relationships between contexts."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ContextKey

MAX_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    """One context has to do with another. strength: 0 to 1."""

    from_key: ContextKey
    to_key: ContextKey
    type: str
    strength: float
    created_at: datetime
    created_by: str
