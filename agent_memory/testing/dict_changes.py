"""Changes to single items in dictionaries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent_memory.errors import Conflict, InvalidRequest
from agent_memory.ids import ItemId, MaterialId, WorkspaceId, new_id
from agent_memory.json_value import Json
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.testing.dict_erasure import erase, forget_in_material, list_doomed, refuse_held
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_shelf import Shelf
from agent_memory.testing.dict_writing import Writing, item_of, put_item


class DictChanges:
    """Implements `ItemChanges` over what a `DictMemory` holds."""

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory

    async def replace_message(
        self, workspace: WorkspaceId, item: ItemId, prepared: Prepared
    ) -> Remembered:
        shelf = self._memory.shelf(workspace)
        old = shelf.get_item(item)
        _check(shelf, old, prepared)
        doomed = list_doomed(shelf, [item])
        refuse_held(doomed)
        erase(shelf, [one for one in doomed if one.item_id != item])
        return _rewrite(shelf, old, prepared)

    async def set_metadata(
        self, workspace: WorkspaceId, item: ItemId, metadata: Mapping[str, Json]
    ) -> None:
        self._change(workspace, item, metadata=dict(metadata))

    async def set_importance(
        self, workspace: WorkspaceId, item: ItemId, importance: float | None
    ) -> None:
        if importance is not None and not 0 <= importance <= 1:
            raise InvalidRequest("An importance is from 0 to 1.", "importance_override")
        self._change(workspace, item, importance_override=importance)

    async def set_legal_hold(self, workspace: WorkspaceId, item: ItemId, is_held: bool) -> None:
        self._change(workspace, item, legal_hold=is_held)

    async def archive(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> int:
        known = self._memory.shelf(workspace).items
        movable = [one for one in items if one in known and known[one].state in _MOVABLE]
        for item in movable:
            self._change(workspace, item, state=ItemState.ARCHIVED)
        return len(movable)

    def _change(self, workspace: WorkspaceId, item: ItemId, **changes: Any) -> None:
        shelf = self._memory.shelf(workspace)
        shelf.get_item(item)
        shelf.items[item] = replace(shelf.items[item], **changes)


_MOVABLE = frozenset({ItemState.ACTIVE, ItemState.SUPERSEDED})


def _check(shelf: Shelf, old: Item, prepared: Prepared) -> None:
    if old.kind is not ItemKind.CHAT:
        raise Conflict(f"The item '{old.item_id}' is not a message: its text is derived.")
    if not prepared.drafts or prepared.drafts[0].kind is not ItemKind.CHAT:
        raise InvalidRequest("The new text gives no message.", "content")
    if prepared.material.thread_id != old.thread_id:
        raise InvalidRequest("A message stays in its conversation.", "conversation_id")
    place = (old.thread_id, old.kind, prepared.drafts[0].content_hash)
    if shelf.item_ids.get(place, old.item_id) != old.item_id:
        raise Conflict(f"The thread '{old.thread_id}' already has a message of this text.")


def _rewrite(shelf: Shelf, old: Item, prepared: Prepared) -> Remembered:
    material, draft = MaterialId(new_id("mat")), prepared.drafts[0]
    shelf.materials[material] = (prepared.material, prepared.notes)
    shelf.material_ids[old.thread_id, prepared.content_hash] = material
    fresh = item_of(old.item_id, material, prepared.material, draft, None)
    kept = {name: getattr(old, name) for name in _KEPT}
    put_item(shelf, replace(fresh, **kept, valid_from=draft.occurred_at), draft)
    shelf.bands.pop(old.item_id, None)
    del shelf.item_ids[old.thread_id, old.kind, old.content_hash]
    shelf.item_ids[old.thread_id, old.kind, draft.content_hash] = old.item_id
    forget_in_material(shelf, old.material_id, [old.span])
    writing = Writing(shelf)
    writing.write_drafts(prepared, material)
    return Remembered((material,), tuple(writing.added), (old.item_id, *writing.updated))


_KEPT = (
    "state",
    "recorded_at",
    "position",
    "source_id",
    "valid_to",
    "retired_at",
    "successor_id",
    "importance_override",
    "num_uses",
    "num_helpful",
    "num_not_helpful",
    "legal_hold",
)
