"""Items and raw texts in dictionaries, behind the ports of memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agent_memory.errors import NotFound
from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId, new_id
from agent_memory.json_value import Json
from agent_memory.memory.items.erased import Erased
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Draft, Item, Material
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.items.validity import holds_from
from agent_memory.memory.search.recalled import Candidate, Candidates, Query
from agent_memory.memory.search.terms import query_terms


@dataclass
class Shelf:
    """What one workspace remembers."""

    materials: dict[MaterialId, tuple[Material, tuple[str, ...]]] = field(default_factory=dict)
    material_ids: dict[tuple[ThreadId, str], MaterialId] = field(default_factory=dict)
    items: dict[ItemId, Item] = field(default_factory=dict)
    item_ids: dict[tuple[ThreadId, ItemKind, str], ItemId] = field(default_factory=dict)
    calls: dict[str, Remembered] = field(default_factory=dict)


class DictMemory:
    """Implements `Ingestion`, `Search`, `Items` and `Timeline`; finds items by their words."""

    def __init__(self) -> None:
        self._shelves: dict[WorkspaceId, Shelf] = {}

    def shelf(self, workspace: WorkspaceId) -> Shelf:
        return self._shelves.setdefault(workspace, Shelf())

    async def remember(
        self,
        workspace: WorkspaceId,
        prepared: Sequence[Prepared],
        idempotency_key: str | None = None,
    ) -> Remembered:
        shelf = self.shelf(workspace)
        if idempotency_key is not None and idempotency_key in shelf.calls:
            return shelf.calls[idempotency_key]
        materials: list[MaterialId] = []
        added: list[ItemId] = []
        updated: list[ItemId] = []
        num_known = 0
        for one in prepared:
            place = (one.material.thread_id, one.content_hash)
            is_known = place in shelf.material_ids
            material_id = shelf.material_ids.setdefault(place, MaterialId(new_id("mat")))
            materials.append(material_id)
            if is_known:
                num_known += len(one.drafts)
                continue
            shelf.materials[material_id] = (one.material, one.notes)
            now, known = _keep(shelf, material_id, one)
            added += now
            updated += known
            num_known += len(known)
        remembered = Remembered(tuple(materials), tuple(added), tuple(updated), num_known)
        if idempotency_key is not None:
            shelf.calls[idempotency_key] = remembered
        return remembered

    async def search(self, workspace: WorkspaceId, query: Query) -> Candidates:
        wanted = set(query_terms(query.text))
        found = []
        for item in self.shelf(workspace).items.values():
            if not _admits(query, item):
                continue
            num_words = len(wanted & set(query_terms(f"{item.text} {item.context}")))
            num_keys = len(set(query.keys) & set(item.keys))
            if num_words or num_keys:
                found.append(Candidate(item, bm25=float(num_words), num_shared_keys=num_keys))
        found.sort(key=lambda candidate: -candidate.bm25)
        return Candidates(tuple(found[: query.limit]))

    async def get_item(self, workspace: WorkspaceId, item: ItemId) -> Item:
        try:
            return self.shelf(workspace).items[item]
        except KeyError:
            raise NotFound("item", item) from None

    async def get_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Sequence[Item]:
        known = self.shelf(workspace).items
        return [known[item] for item in items if item in known]

    async def find_linked(self, workspace: WorkspaceId, item: ItemId, limit: int) -> Sequence[Item]:
        keys = set((await self.get_item(workspace, item)).keys)
        others = [
            other
            for other in self.shelf(workspace).items.values()
            if other.item_id != item and keys & set(other.keys)
        ]
        return sorted(others, key=lambda other: -len(keys & set(other.keys)))[:limit]

    async def find_history(self, workspace: WorkspaceId, item: ItemId) -> Sequence[Item]:
        chain = [await self.get_item(workspace, item)]
        known = self.shelf(workspace).items.values()
        while before := [other for other in known if other.successor_id == chain[0].item_id]:
            chain.insert(0, before[0])
        while chain[-1].successor_id is not None:
            chain.append(await self.get_item(workspace, chain[-1].successor_id))
        return chain

    async def list_outdated(
        self, workspace: WorkspaceId, sources: Sequence[ItemId]
    ) -> Sequence[Item]:
        items = self.shelf(workspace).items.values()
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
            for item in self.shelf(workspace).items.values()
            if item.kind in kinds
            and thread in (None, item.thread_id)
            and (as_of is None or item.occurred_at <= as_of)
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
    ) -> tuple[Sequence[Item], str | None]:
        items = [
            item
            for item in self.shelf(workspace).items.values()
            if thread in (None, item.thread_id)
            and (not kinds or item.kind in kinds)
            and (not states or item.state in states)
        ]
        begin = int(cursor or 0)
        end = begin + limit
        return items[begin:end], str(end) if end < len(items) else None

    async def find_messages(
        self, workspace: WorkspaceId, contents: Sequence[tuple[ThreadId, str]]
    ) -> Sequence[Item]:
        shelf = self.shelf(workspace)
        places = [(thread, ItemKind.CHAT, content_hash) for thread, content_hash in contents]
        return [shelf.items[shelf.item_ids[place]] for place in places if place in shelf.item_ids]

    async def replace_message(
        self, workspace: WorkspaceId, item: ItemId, prepared: Prepared
    ) -> Remembered:
        text = prepared.drafts[0].text
        await self._change(workspace, item, text=text, metadata=prepared.drafts[0].metadata)
        return Remembered((), (), (item,))

    async def set_metadata(
        self, workspace: WorkspaceId, item: ItemId, metadata: Mapping[str, Json]
    ) -> None:
        await self._change(workspace, item, metadata=dict(metadata))

    async def set_importance(
        self, workspace: WorkspaceId, item: ItemId, importance: float | None
    ) -> None:
        await self._change(workspace, item, importance_override=importance)

    async def set_legal_hold(self, workspace: WorkspaceId, item: ItemId, is_held: bool) -> None:
        await self._change(workspace, item, legal_hold=is_held)

    async def archive(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> int:
        for item in items:
            await self._change(workspace, item, state=ItemState.ARCHIVED)
        return len(items)

    async def erase_item(self, workspace: WorkspaceId, item: ItemId) -> Erased:
        await self.get_item(workspace, item)
        return self._erase(workspace, lambda other: item in (other.item_id, other.source_id))

    async def erase_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Erased:
        return self._erase(workspace, lambda other: other.item_id in items)

    async def erase_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Erased:
        erased = self._erase(workspace, lambda other: other.thread_id == thread)
        if not erased.num_items:
            raise NotFound("thread", thread)
        return replace(erased, num_threads=1)

    async def erase_all(self, workspace: WorkspaceId) -> Erased:
        return self._erase(workspace, lambda _: True)

    async def _change(self, workspace: WorkspaceId, item: ItemId, **changes: Any) -> None:
        held = await self.get_item(workspace, item)
        self.shelf(workspace).items[item] = replace(held, **changes)

    def _erase(self, workspace: WorkspaceId, is_doomed: Callable[[Item], bool]) -> Erased:
        shelf = self.shelf(workspace)
        doomed = [item.item_id for item in shelf.items.values() if is_doomed(item)]
        for item_id in doomed:
            del shelf.items[item_id]
        shelf.item_ids = {k: v for k, v in shelf.item_ids.items() if v in shelf.items}
        return Erased(num_items=len(doomed))


def _keep(
    shelf: Shelf, material_id: MaterialId, prepared: Prepared
) -> tuple[list[ItemId], list[ItemId]]:
    """The ids of new items and of those that were there already."""
    added: list[ItemId] = []
    known: list[ItemId] = []
    ids: list[ItemId] = []
    for draft in prepared.drafts:
        place = (prepared.material.thread_id, draft.kind, draft.content_hash)
        if (item_id := shelf.item_ids.get(place)) is not None:
            held = shelf.items[item_id]
            num = held.num_occurrences + draft.num_occurrences
            shelf.items[item_id] = replace(held, num_occurrences=num)
            known.append(item_id)
        else:
            item_id = shelf.item_ids[place] = ItemId(new_id("item"))
            source = None if draft.source is None else ids[draft.source]
            shelf.items[item_id] = _item(item_id, material_id, prepared.material, draft, source)
            added.append(item_id)
        ids.append(item_id)
    return added, known


def _item(
    item_id: ItemId,
    material_id: MaterialId,
    material: Material,
    draft: Draft,
    source: ItemId | None,
) -> Item:
    now = datetime.now(UTC)
    return Item(
        item_id=item_id,
        thread_id=material.thread_id,
        material_id=material_id,
        kind=draft.kind,
        state=ItemState.ACTIVE,
        text=draft.text,
        span=draft.span,
        occurred_at=draft.occurred_at,
        recorded_at=now,
        valid_from=holds_from(draft.occurred_at, now),
        content_hash=draft.content_hash,
        context=draft.context,
        role=draft.role,
        speaker=draft.speaker,
        source_id=source,
        subject=draft.subject,
        fingerprint=draft.fingerprint,
        keys=draft.keys,
        confidence=draft.confidence,
        num_occurrences=draft.num_occurrences,
        last_occurred_at=draft.last_occurred_at,
        metadata=draft.metadata,
    )


def _admits(query: Query, item: Item) -> bool:
    """Whether the item lies where the question looks."""
    return (
        (not query.thread_ids or item.thread_id in query.thread_ids)
        and (not query.kinds or item.kind in query.kinds)
        and (not query.roles or item.role in query.roles)
        and (query.since is None or item.occurred_at >= query.since)
        and (query.until is None or item.occurred_at <= query.until)
        and all(item.metadata.get(k) == v for k, v in (query.metadata or {}).items())
        and (query.include_archived or item.state is not ItemState.ARCHIVED)
    )
