"""Items and raw texts in dictionaries, behind the ports of memory."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Item, Material
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.pages import Page
from agent_memory.store.identifiers import check_id
from agent_memory.testing.dict_keys import shared_names
from agent_memory.testing.dict_pages import page_of
from agent_memory.testing.dict_shelf import Shelf
from agent_memory.testing.dict_writing import Writing
from agent_memory.work.once import Once


class DictMemory:
    """Implements `Ingestion`, `MessageFinder` and `Reading`; the other stores of a test stand over
    its shelves."""

    def __init__(self) -> None:
        self._shelves: dict[WorkspaceId, Shelf] = {}

    def shelf(self, workspace: WorkspaceId) -> Shelf:
        return self._shelves.setdefault(workspace, Shelf())

    def clear(self, workspace: WorkspaceId) -> None:
        self._shelves.pop(workspace, None)

    async def remember(
        self,
        workspace: WorkspaceId,
        prepared: Sequence[Prepared],
        idempotency_key: str | None = None,
    ) -> Remembered:
        for one in prepared:
            check_id("thread", one.material.thread_id)
        shelf = self.shelf(workspace)
        if idempotency_key is None:
            return Writing(shelf).write(prepared)
        once = Once.of(idempotency_key, _asked(prepared))
        if once.key not in shelf.calls:
            shelf.calls[once.key] = (once.request_hash, Writing(shelf).write(prepared))
        request_hash, done = shelf.calls[once.key]
        if request_hash != once.request_hash:
            raise Conflict(f"The idempotency key '{once.key}' was used for something else.")
        return done

    async def get_item(self, workspace: WorkspaceId, item: ItemId) -> Item:
        return self.shelf(workspace).get_item(item)

    async def get_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Sequence[Item]:
        shelf = self.shelf(workspace)
        return [shelf.get_item(item) for item in items if item in shelf.items]

    async def find_linked(self, workspace: WorkspaceId, item: ItemId, limit: int) -> Sequence[Item]:
        shelf = self.shelf(workspace)
        if item not in shelf.items:
            return []
        own = shelf.items[item].keys
        others = [other for other in shelf.all_items() if other.item_id != item]
        shared = {one.item_id: shared_names(own, one.keys) for one in others}
        num_items = Counter(name for names in shared.values() for name in names)
        linked = [
            other
            for other in reversed(others)
            if shared[other.item_id] and other.state is not ItemState.MERGED
        ]

        def rarity(other: Item) -> float:
            return sum(1 / num_items[name] for name in shared[other.item_id])

        return sorted(linked, key=lambda one: (-rarity(one), -one.occurred_at.timestamp()))[:limit]

    async def find_history(self, workspace: WorkspaceId, item: ItemId) -> Sequence[Item]:
        shelf = self.shelf(workspace)
        chain = [shelf.get_item(item)]
        known = shelf.all_items()
        while before := [other for other in known if _is_before(other, chain[0])]:
            chain.insert(0, before[0])
        while chain[-1].successor_id is not None:
            chain.append(shelf.get_item(chain[-1].successor_id))
        return chain

    async def list_outdated(
        self, workspace: WorkspaceId, sources: Sequence[ItemId]
    ) -> Sequence[Item]:
        items = self.shelf(workspace).all_items()
        outdated = [item for item in items if item.state is ItemState.SUPERSEDED]
        return [item for item in outdated if item.source_id in sources]

    async def get_material(
        self, workspace: WorkspaceId, material: MaterialId
    ) -> tuple[Material, Sequence[str]]:
        try:
            return self.shelf(workspace).materials[material]
        except KeyError:
            raise NotFound("material", material) from None

    async def list_items(
        self,
        workspace: WorkspaceId,
        kinds: frozenset[str],
        thread: ThreadId | None,
        as_of: datetime | None,
        limit: int,
    ) -> Sequence[Item]:
        items = [
            item
            for item in self.shelf(workspace).all_items()
            if (not kinds or item.kind in kinds)
            and thread in (None, item.thread_id)
            and (item.state is ItemState.ACTIVE if as_of is None else held_at(item, as_of))
        ]
        items.reverse()  # of those of one time, the last first
        return sorted(items, key=lambda item: item.occurred_at, reverse=True)[:limit]

    async def list_page(
        self,
        workspace: WorkspaceId,
        thread: ThreadId | None,
        kinds: frozenset[str],
        states: frozenset[str],
        cursor: str | None,
        limit: int,
    ) -> Page[Item]:
        items = [
            item
            for item in self.shelf(workspace).all_items()
            if thread in (None, item.thread_id)
            and (not kinds or item.kind in kinds)
            and (not states or item.state in states)
        ]
        return page_of(sorted(items, key=lambda item: item.occurred_at), cursor, limit)

    async def find_messages(
        self, workspace: WorkspaceId, contents: Sequence[tuple[ThreadId, str]]
    ) -> Sequence[Item]:
        shelf = self.shelf(workspace)
        places = [(thread, ItemKind.CHAT, content_hash) for thread, content_hash in contents]
        known = [shelf.item_ids[place] for place in places if place in shelf.item_ids]
        return [shelf.get_item(item) for item in known]


def held_at(item: Item, as_of: datetime) -> bool:
    """Whether the statement of the item was held to be so at that time."""
    return (
        item.state in {ItemState.ACTIVE, ItemState.SUPERSEDED}
        and item.valid_from <= as_of
        and (item.valid_to is None or item.valid_to > as_of)
    )


def _is_before(other: Item, item: Item) -> bool:
    return other.successor_id == item.item_id and other.state is ItemState.SUPERSEDED


def _asked(prepared: Sequence[Prepared]) -> bytes:
    return repr(
        [(one.material.thread_id, one.material.kind, one.content_hash) for one in prepared]
    ).encode()
