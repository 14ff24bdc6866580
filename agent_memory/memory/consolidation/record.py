"""The record of a consolidation, which can be taken back."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ItemId


@dataclass(frozen=True, slots=True)
class ConsolidationRecord:
    """One action that was done. `items`: those it changed, as far as they still exist."""

    consolidation_id: str
    action: str
    reason: str
    created_at: datetime
    undone_at: datetime | None
    items: tuple[ItemId, ...]
