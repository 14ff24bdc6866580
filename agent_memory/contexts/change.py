"""An event in the life of a context."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent_memory.contexts.context import Cause
from agent_memory.ids import ContextKey, Lineage


class ChangeOp(StrEnum):
    STORED = "stored"
    """The key is new, or made again: a new lineage begins."""
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a workspace's feed. seq: 1, 2, 3, … without gaps, in the order of commits.
    version: the one that was made or, of a deletion, the last one."""

    seq: int
    op: ChangeOp
    cause: Cause
    key: ContextKey
    lineage: Lineage
    version: int
    changed_at: datetime
    changed_by: str
    session_id: str | None = None
    agent_id: str | None = None
