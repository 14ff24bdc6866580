"""Memory without a database: the ports of `memory.ports` over dictionaries."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agent_memory.errors import NotFound
from agent_memory.ids import ItemId, JobId, MaterialId, ThreadId, WorkspaceId, new_id
from agent_memory.memory.consolidation.plan import ConsolidationPlan
from agent_memory.memory.consolidation.record import ConsolidationRecord
from agent_memory.memory.erased import Erased
from agent_memory.memory.feedback import Feedback, Impression, Verdict
from agent_memory.memory.ingestion import Prepared, Remembered
from agent_memory.memory.item import Draft, Item, Json, Material
from agent_memory.memory.jobs import NewJob
from agent_memory.memory.kinds import ItemKind, ItemState
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.recalled import Candidate, Candidates, Query, Recalled
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.composition import Stores, World, compose
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.ranker import Ranked
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.memory.terms import query_terms
from agent_memory.memory.thread import Thread, ThreadStatistics
from agent_memory.memory.weight_set import WeightSet


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


class DictThreads:
    """Implements `Threads` over what a `DictMemory` holds."""

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory
        self._titles: dict[tuple[WorkspaceId, ThreadId], str | None] = {}
        self._held: set[tuple[WorkspaceId, ThreadId]] = set()

    async def get_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Thread:
        items = self._items(workspace, thread)
        if not items:
            raise NotFound("thread", thread)
        return Thread(
            thread,
            self._titles.get((workspace, thread)),
            (workspace, thread) in self._held,
            items[0].recorded_at,
            items[-1].recorded_at,
            len(items),
            sum(item.kind is ItemKind.CHAT for item in items),
        )

    async def list_threads(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[Thread], str | None]:
        del cursor
        items = self._memory.shelf(workspace).items.values()
        threads = list(dict.fromkeys(item.thread_id for item in items))
        return [await self.get_thread(workspace, thread) for thread in threads[:limit]], None

    async def set_title(self, workspace: WorkspaceId, thread: ThreadId, title: str | None) -> None:
        await self.get_thread(workspace, thread)
        self._titles[workspace, thread] = title

    async def set_legal_hold(self, workspace: WorkspaceId, thread: ThreadId, is_held: bool) -> None:
        await self.get_thread(workspace, thread)
        (self._held.add if is_held else self._held.discard)((workspace, thread))

    async def measure_thread(self, workspace: WorkspaceId, thread: ThreadId) -> ThreadStatistics:
        items = self._items(workspace, thread)
        return ThreadStatistics(
            await self.get_thread(workspace, thread),
            Counter(item.kind.value for item in items),
            Counter(item.role.value for item in items if item.role),
            Counter(item.state.value for item in items),
            sum(len(item.text) for item in items if item.kind is ItemKind.CHAT),
            min(item.occurred_at for item in items),
            max(item.occurred_at for item in items),
        )

    def _items(self, workspace: WorkspaceId, thread: ThreadId) -> list[Item]:
        items = self._memory.shelf(workspace).items.values()
        return [item for item in items if item.thread_id == thread]


class DictPolicies:
    """Implements `Policies`."""

    def __init__(self) -> None:
        self._policies: dict[WorkspaceId, tuple[RedactionPolicy, int]] = {}
        self._retention: dict[WorkspaceId, Mapping[str, Json]] = {}

    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        return self._policies.get(workspace, (RedactionPolicy(), 0))

    async def set_redaction(self, workspace: WorkspaceId, policy: RedactionPolicy) -> int:
        _, version = await self.get_redaction(workspace)
        self._policies[workspace] = (policy, version + 1)
        return version + 1

    async def get_retention(self, workspace: WorkspaceId) -> Mapping[str, Json] | None:
        return self._retention.get(workspace)

    async def set_retention(self, workspace: WorkspaceId, policy: Mapping[str, Json]) -> None:
        self._retention[workspace] = policy


class NothingConsolidated:
    """Implements `Consolidations` where nothing is ever alike."""

    async def put_bands(
        self, workspace: WorkspaceId, bands: Mapping[ItemId, Sequence[int]]
    ) -> None:
        del workspace, bands

    async def list_unbanded(self, workspace: WorkspaceId, limit: int) -> Sequence[Item]:
        del workspace, limit
        return []

    async def find_near(
        self, workspace: WorkspaceId, bands: Sequence[int], limit: int
    ) -> Sequence[Item]:
        del workspace, bands, limit
        return []

    async def list_by_subject(
        self, workspace: WorkspaceId, subjects: Sequence[str], limit: int
    ) -> Sequence[Item]:
        del workspace, subjects, limit
        return []

    async def apply_plan(self, workspace: WorkspaceId, plan: ConsolidationPlan) -> Sequence[str]:
        del workspace
        return [f"cons_{number}" for number, _ in enumerate(plan.actions)]

    async def undo(self, workspace: WorkspaceId, consolidation_id: str) -> None:
        del workspace
        raise NotFound("consolidation", consolidation_id)

    async def list_consolidations(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[ConsolidationRecord], str | None]:
        del workspace, cursor, limit
        return [], None


class DictVerdicts:
    """Implements `Verdicts` over items that a `DictMemory` holds."""

    def __init__(self, items: DictMemory) -> None:
        self._items = items
        self._given: dict[WorkspaceId, dict[str, Feedback]] = {}

    async def add_feedback(
        self,
        workspace: WorkspaceId,
        item: ItemId,
        verdict: Verdict,
        impression_id: str | None = None,
        other_item: ItemId | None = None,
    ) -> Feedback:
        await self._items.get_item(workspace, item)
        given = Feedback(new_id("fb"), item, verdict, datetime.now(UTC), impression_id, other_item)
        self._given.setdefault(workspace, {})[given.feedback_id] = given
        return given

    async def withdraw_feedback(self, workspace: WorkspaceId, feedback_id: str) -> Feedback:
        try:
            given = self._given.get(workspace, {})[feedback_id]
        except KeyError:
            raise NotFound("feedback", feedback_id) from None
        withdrawn = replace(given, withdrawn_at=given.withdrawn_at or datetime.now(UTC))
        self._given[workspace][feedback_id] = withdrawn
        return withdrawn

    async def list_feedback(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[Feedback], str | None]:
        del cursor
        return list(self._given.get(workspace, {}).values())[:limit], None


class DefaultWeights:
    """Implements `Weightings` where nothing was ever learned."""

    async def list_weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]:
        del workspace
        return []

    async def go_live(self, workspace: WorkspaceId, version: int) -> None:
        del workspace
        if version:
            raise NotFound("weight set", str(version))

    async def find_live(self, workspace: WorkspaceId) -> WeightSet | None:
        del workspace
        return None


class ListedImpressions:
    """Implements `Impressions`; `logged` are all of them, in order."""

    def __init__(self) -> None:
        self.logged: list[tuple[WorkspaceId, Impression]] = []

    async def log_impression(self, workspace: WorkspaceId, impression: Impression) -> None:
        self.logged.append((workspace, impression))


class ListedJobs:
    """Implements `Jobs`; `queued` are all of them, in order."""

    def __init__(self) -> None:
        self.queued: list[tuple[WorkspaceId, NewJob]] = []

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId:
        self.queued.append((workspace, job))
        return JobId(f"job_{len(self.queued)}")


class WordCounter:
    """Implements `TokenCounter`: a token is a word."""

    def count(self, text: str) -> int:
        return len(text.split())


async def word_tokens() -> TokenCounter:
    return WordCounter()


async def words_first(workspace: WorkspaceId, query: Query, candidates: Candidates) -> Ranked:
    """Meets `Rank`: by words in common, then by keys."""
    del workspace, query
    return Ranked(
        tuple(
            Recalled(found.item, found.bm25 + found.num_shared_keys, {"bm25": found.bm25})
            for found in candidates.found
        )
    )


def dict_memory(memory: DictMemory | None = None, jobs: ListedJobs | None = None) -> Memory:
    """All of memory over dictionaries."""
    memory = memory or DictMemory()
    words = WordsOnly()
    stores = Stores(
        ingestion=memory,
        search=memory,
        reading=memory,
        messages=memory,
        changes=memory,
        erasure=memory,
        threads=DictThreads(memory),
        policies=DictPolicies(),
        consolidations=NothingConsolidated(),
        verdicts=DictVerdicts(memory),
        weights=DefaultWeights(),
        impressions=ListedImpressions(),
        jobs=jobs or ListedJobs(),
    )
    return compose(stores, World(words, words, word_tokens, lambda: datetime.now(UTC), words_first))


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
