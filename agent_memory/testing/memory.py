"""Memory without a database: the ports of `memory.ports` over dictionaries."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent_memory.errors import NotFound
from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId, new_id
from agent_memory.memory.ingestion import Prepared, Remembered
from agent_memory.memory.item import Draft, Item, Material
from agent_memory.memory.kinds import ItemKind, ItemState
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.recalled import Candidate, Candidates, Query, Recalled
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.composition import Surroundings, compose
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.memory.terms import query_terms


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
        return sorted(items, key=lambda item: item.occurred_at, reverse=True)[:limit]


class WordCounter:
    """Implements `TokenCounter`: a token is a word."""

    def count(self, text: str) -> int:
        return len(text.split())


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
    return Item(
        item_id=item_id,
        thread_id=material.thread_id,
        material_id=material_id,
        kind=draft.kind,
        state=ItemState.ACTIVE,
        text=draft.text,
        span=draft.span,
        occurred_at=draft.occurred_at,
        recorded_at=datetime.now(UTC),
        valid_from=draft.occurred_at,
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


async def words_first(
    workspace: WorkspaceId, query: Query, candidates: Candidates
) -> Sequence[Recalled]:
    """Meets `Rank`: by words in common, then by keys."""
    del workspace, query
    return [
        Recalled(found.item, found.bm25 + found.num_shared_keys, {"bm25": found.bm25})
        for found in candidates.found
    ]


class FixedPolicy:
    """Implements `RedactionPolicies` with one policy for all."""

    def __init__(self, policy: RedactionPolicy | None = None) -> None:
        self.policy = policy or RedactionPolicy()

    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        del workspace
        return self.policy, 0


async def word_tokens() -> TokenCounter:
    return WordCounter()


def dict_memory(store: DictMemory | None = None) -> Memory:
    """All of memory over dictionaries."""
    store = store or DictMemory()
    return compose(
        Surroundings(
            ingestion=store,
            search=store,
            reading=store,
            redaction_policies=FixedPolicy(),
            embedder=WordsOnly(),
            rank=words_first,
            tokens=word_tokens,
            clock=lambda: datetime.now(UTC),
        )
    )
