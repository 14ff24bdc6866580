"""How many texts a workspace has, and how long they are: what the weight of a word depends on."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.bm25 import Collection
from agent_memory.store.transaction import Transaction

_LARGE = 5000
"""From so many texts on, counting takes longer than a question may, and a few more or less do not
change the order of what is found."""
_AGE_S = 60.0
_MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class _MeasureRow:
    num_texts: int
    mean_length: float


class TextMeasures:
    """Those of large workspaces are a minute old at most, those of others are counted each time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[WorkspaceId, tuple[float, Collection]] = {}

    async def of(self, transaction: Transaction, workspace: WorkspaceId) -> Collection:
        measured_at, kept = self._kept.get(workspace, (0.0, None))
        if kept is not None and self._clock() - measured_at < _AGE_S:
            return kept
        row = await transaction.fetch_one(
            "measure_context_texts", _MeasureRow, workspace_id=workspace
        )
        found = Collection(0, 1.0) if row is None else Collection(row.num_texts, row.mean_length)
        self._kept.pop(workspace, None)
        if found.num_items >= _LARGE and len(self._kept) < _MOST_KEPT:
            self._kept[workspace] = (self._clock(), found)
        return found
