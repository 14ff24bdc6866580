"""Consolidations in dictionaries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId, WorkspaceId, new_id
from agent_memory.memory.consolidation.plan import Action, ConsolidationPlan, apply_plan
from agent_memory.memory.consolidation.record import ConsolidationRecord
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState
from agent_memory.pages import Page
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_pages import page_of
from agent_memory.testing.dict_shelf import Shelf


class DictConsolidations:
    """Implements `Consolidations` over what a `DictMemory` holds."""

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory

    async def put_bands(
        self, workspace: WorkspaceId, bands: Mapping[ItemId, Sequence[int]]
    ) -> None:
        shelf = self._memory.shelf(workspace)
        known = {item: frozenset(keys) for item, keys in bands.items() if item in shelf.items}
        shelf.bands.update(known)

    async def list_unbanded(self, workspace: WorkspaceId, limit: int) -> Sequence[Item]:
        shelf = self._memory.shelf(workspace)
        return [item for item in _active(shelf) if item.item_id not in shelf.bands][:limit]

    async def find_near(
        self, workspace: WorkspaceId, bands: Sequence[int], limit: int
    ) -> Sequence[Item]:
        shelf = self._memory.shelf(workspace)
        wanted = frozenset(bands)

        def num_shared(item: Item) -> int:
            return len(wanted & shelf.bands.get(item.item_id, frozenset()))

        near = [item for item in _active(shelf) if num_shared(item)]
        return sorted(near, key=num_shared, reverse=True)[:limit]

    async def list_by_subject(
        self, workspace: WorkspaceId, subjects: Sequence[str], limit: int
    ) -> Sequence[Item]:
        items = self._memory.shelf(workspace).all_items()
        about = [item for item in items if item.subject in subjects and item.state in _IN_FORCE]
        return sorted(about, key=lambda item: item.valid_from)[:limit]

    async def apply_plan(self, workspace: WorkspaceId, plan: ConsolidationPlan) -> Sequence[str]:
        shelf = self._memory.shelf(workspace)
        _carry_out(shelf, plan)
        return [_keep(shelf, action) for action in plan.actions]

    async def undo(self, workspace: WorkspaceId, consolidation_id: str) -> None:
        shelf = self._memory.shelf(workspace)
        if consolidation_id not in shelf.consolidations:
            raise NotFound("consolidation", consolidation_id)
        record, action = shelf.consolidations[consolidation_id]
        if record.undone_at is not None:
            raise Conflict(f"The consolidation '{consolidation_id}' was already undone.")
        back = action.inverse()
        there = tuple(change for change in back.changes if change.item_id in shelf.items)
        _carry_out(shelf, ConsolidationPlan((replace(back, changes=there),)))
        undone = replace(record, undone_at=datetime.now(UTC))
        shelf.consolidations[consolidation_id] = (undone, action)

    async def list_consolidations(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[ConsolidationRecord]:
        shelf = self._memory.shelf(workspace)
        newest_first = [
            replace(record, items=tuple(one for one in record.items if one in shelf.items))
            for record, _ in reversed(shelf.consolidations.values())
        ]
        return page_of(newest_first, cursor, limit)


_IN_FORCE = frozenset({ItemState.ACTIVE, ItemState.SUPERSEDED})


def _active(shelf: Shelf) -> list[Item]:
    return [item for item in shelf.all_items() if item.state is ItemState.ACTIVE]


def _carry_out(shelf: Shelf, plan: ConsolidationPlan) -> None:
    changed = apply_plan(plan, list(shelf.items.values()))
    shelf.items.update((item.item_id, item) for item in changed)


def _keep(shelf: Shelf, action: Action) -> str:
    consolidation_id = new_id("cons")
    items = tuple(change.item_id for change in action.changes)
    now = datetime.now(UTC)
    record = ConsolidationRecord(
        consolidation_id, action.kind.value, action.reason, now, None, items
    )
    shelf.consolidations[consolidation_id] = (record, action)
    return consolidation_id
