"""Forgetting for good, in dictionaries."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent_memory.errors import Conflict
from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId
from agent_memory.memory.items.erased import Erased
from agent_memory.memory.items.item import Item, Span
from agent_memory.memory.items.kinds import ItemState
from agent_memory.store.memory.material_texts import blank_out
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_shelf import Shelf


class DictErasure:
    """Implements `Erasure` over what a `DictMemory` holds."""

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory

    async def erase_item(self, workspace: WorkspaceId, item: ItemId) -> Erased:
        shelf = self._memory.shelf(workspace)
        shelf.get_item(item)
        doomed = list_doomed(shelf, [item])
        refuse_held(doomed)
        return erase(shelf, doomed)

    async def erase_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Erased:
        shelf = self._memory.shelf(workspace)
        doomed = list_doomed(shelf, [item for item in items if item in shelf.items])
        return erase(shelf, [item for item in doomed if not item.legal_hold])

    async def erase_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Erased:
        shelf = self._memory.shelf(workspace)
        if shelf.get_thread(thread).is_held:
            raise Conflict(f"The thread '{thread}' is under legal hold.")
        within = [item.item_id for item in shelf.items.values() if item.thread_id == thread]
        doomed = list_doomed(shelf, within)
        refuse_held(doomed)
        erased = erase(shelf, doomed)
        left = [one for one, (text, _) in shelf.materials.items() if text.thread_id == thread]
        for material in left:
            _drop_material(shelf, material)
        del shelf.threads[thread]
        return replace(erased, num_materials=erased.num_materials + len(left), num_threads=1)

    async def erase_all(self, workspace: WorkspaceId) -> Erased:
        shelf = self._memory.shelf(workspace)
        is_held = any(item.legal_hold for item in shelf.items.values())
        if is_held or any(thread.is_held for thread in shelf.threads.values()):
            raise Conflict("Something in this memory is under legal hold.")
        erased = Erased(len(shelf.items), len(shelf.materials), len(shelf.threads))
        self._memory.clear(workspace)
        return erased


def list_doomed(shelf: Shelf, items: Sequence[ItemId]) -> list[Item]:
    """The items, and those that were derived from them alone."""
    doomed = set(items)
    while derived := {
        item.item_id
        for item in shelf.items.values()
        if item.source_id in doomed and item.num_occurrences == 1 and item.item_id not in doomed
    }:
        doomed |= derived
    return [item for item in shelf.all_items() if item.item_id in doomed]


def refuse_held(doomed: Iterable[Item]) -> None:
    held = [item.item_id for item in doomed if item.legal_hold]
    if held:
        raise Conflict(f"{len(held)} item(s) are under legal hold, '{held[0]}' among them.")


def erase(shelf: Shelf, doomed: Sequence[Item]) -> Erased:
    """Remove them, and let what stays speak of them no longer."""
    gone = {item.item_id: item for item in doomed}
    for item_id in gone:
        del shelf.items[item_id], shelf.terms[item_id]
        shelf.bands.pop(item_id, None)
    shelf.item_ids = {place: one for place, one in shelf.item_ids.items() if one not in gone}
    for item in list(shelf.items.values()):
        shelf.items[item.item_id] = _released(item, gone)
    spans: dict[MaterialId, list[Span]] = {}
    for item in doomed:
        spans.setdefault(item.material_id, []).append(item.span)
    num_materials = sum(forget_in_material(shelf, one, at) for one, at in spans.items())
    return Erased(num_items=len(doomed), num_materials=num_materials)


def forget_in_material(shelf: Shelf, material: MaterialId, spans: Sequence[Span]) -> bool:
    """Remove the raw text when no item of it is left, and say so; else blank the spans."""
    if all(item.material_id != material for item in shelf.items.values()):
        _drop_material(shelf, material)
        return True
    text, notes = shelf.materials[material]
    shelf.materials[material] = (replace(text, text=blank_out(text.text, spans)), notes)
    _forget_hash(shelf, material)
    return False


def _released(item: Item, gone: dict[ItemId, Item]) -> Item:
    if item.source_id in gone:
        item = replace(item, source_id=None, num_occurrences=item.num_occurrences - 1)
    while item.successor_id in gone:
        following = gone[item.successor_id].successor_id
        if following is None:
            return replace(
                item, state=ItemState.ACTIVE, successor_id=None, valid_to=None, retired_at=None
            )
        item = replace(item, successor_id=following)
    return item


def _drop_material(shelf: Shelf, material: MaterialId) -> None:
    del shelf.materials[material]
    _forget_hash(shelf, material)


def _forget_hash(shelf: Shelf, material: MaterialId) -> None:
    kept = {place: one for place, one in shelf.material_ids.items() if one != material}
    shelf.material_ids = kept
