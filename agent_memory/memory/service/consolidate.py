"""Merging statements made twice, and marking outdated ones."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from agent_memory.errors import Conflict
from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.consolidation.bands import bands_of
from agent_memory.memory.consolidation.consolidate import Similarities, consolidate
from agent_memory.memory.consolidation.decision import (
    REPLACEABLE,
    can_supersede,
    is_replaceable,
)
from agent_memory.memory.consolidation.history import merged_into
from agent_memory.memory.consolidation.plan import Action, ActionKind, ConsolidationPlan
from agent_memory.memory.consolidation.record import ConsolidationRecord
from agent_memory.memory.consolidation.standing import Change, standing_of
from agent_memory.memory.feedback import Feedback
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC, ItemKind, ItemState
from agent_memory.memory.items.traits import replaced_by
from agent_memory.memory.learning.suspicion import Suspicion, SuspicionKind, suspicions
from agent_memory.memory.ports import Embedder, Items, Search, Timeline
from agent_memory.memory.search.recalled import Query
from agent_memory.memory.service.feedback import Verdicts
from agent_memory.pages import Page

BATCH = 500
"""New items that are looked at together."""
MAX_NEAR = 20
MAX_ABOUT = 500
MAX_BATCHES_OF_DRY_RUN = 4
PAGE = 1000
MAX_SIMILAR = 5
MAX_NAMED = 50
"""Statements that are looked at for a name that is taken back."""
MAX_OPEN = 200
"""Open tasks and questions that are looked at, the newest."""
_OPEN = frozenset({ItemKind.TASK.value, ItemKind.QUESTION.value})


class Consolidations(Protocol):
    """Where near-duplicates are found, and plans carried out and taken back."""

    async def put_bands(
        self, workspace: WorkspaceId, bands: Mapping[ItemId, Sequence[int]]
    ) -> None: ...

    async def list_unbanded(self, workspace: WorkspaceId, limit: int) -> Sequence[Item]: ...

    async def find_near(
        self, workspace: WorkspaceId, bands: Sequence[int], limit: int
    ) -> Sequence[Item]: ...

    async def list_by_subject(
        self, workspace: WorkspaceId, subjects: Sequence[str], limit: int
    ) -> Sequence[Item]: ...

    async def apply_plan(
        self, workspace: WorkspaceId, plan: ConsolidationPlan
    ) -> Sequence[str]: ...

    async def undo(self, workspace: WorkspaceId, consolidation_id: str) -> None: ...

    async def list_consolidations(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[ConsolidationRecord]: ...


@dataclass(frozen=True, slots=True)
class ConsolidationRun:
    """What was done, or would be. `ids`: to undo the actions by, in their order; none when dry."""

    plan: ConsolidationPlan
    ids: tuple[str, ...]
    is_dry: bool
    num_items: int


class Consolidate:
    """New items against what is there, and what feedback says is outdated or said twice."""

    def __init__(
        self,
        store: Consolidations,
        items: Items,
        timeline: Timeline,
        verdicts: Verdicts,
        search: Search,
        embedder: Embedder,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._items = items
        self._timeline = timeline
        self._verdicts = verdicts
        self._search = search
        self._embedder = embedder
        self._clock = clock

    async def settle(self, workspace: WorkspaceId, added: Sequence[ItemId]) -> None:
        """The newer statement holds from now on, and what is done is closed: at ingestion, for what
        was just added. What changes meanwhile is left to the next run."""
        new = [
            item
            for item in await self._items.get_items(workspace, added)
            if is_replaceable(item) or item.kind is ItemKind.CHAT
        ]
        if not new:
            return
        about = {item.item_id: item for item in (*new, *await self._about(workspace, new))}
        plan = consolidate(list(about.values()), self._clock(), has_merges=False)
        settled = [action for action in plan.actions if action.kind is ActionKind.SUPERSEDE]
        if not settled:
            return
        try:
            await self._store.apply_plan(workspace, ConsolidationPlan(tuple(settled)))
        except Conflict:
            return

    async def run(self, workspace: WorkspaceId, *, is_dry: bool) -> ConsolidationRun:
        """Look at everything that no run has looked at yet. A dry run changes nothing, and looks
        at the oldest two thousand."""
        actions: list[Action] = []
        ids: list[str] = []
        num_items = 0
        judged = ConsolidationPlan(tuple(await self._judged(workspace)))
        actions += judged.actions
        if judged.actions and not is_dry:
            ids += await self._store.apply_plan(workspace, judged)
        limit = BATCH * MAX_BATCHES_OF_DRY_RUN if is_dry else BATCH
        while new := await self._store.list_unbanded(workspace, limit):
            num_items += len(new)
            bands = {item.item_id: bands_of(item.text) for item in new}
            plan = await self._plan(workspace, new, bands)
            actions += plan.actions
            if is_dry:
                break
            ids += await self._store.apply_plan(workspace, plan)
            await self._store.put_bands(workspace, bands)
        return ConsolidationRun(ConsolidationPlan(tuple(actions)), tuple(ids), is_dry, num_items)

    async def undo(self, workspace: WorkspaceId, consolidation_id: str) -> None:
        """`Conflict` when it was undone already, or an item has changed since."""
        await self._store.undo(workspace, consolidation_id)

    async def list(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[ConsolidationRecord]:
        """What was done, the newest first."""
        return await self._store.list_consolidations(workspace, cursor, limit)

    async def _plan(
        self, workspace: WorkspaceId, new: Sequence[Item], bands: Mapping[ItemId, Sequence[int]]
    ) -> ConsolidationPlan:
        found = {item.item_id: item for item in new}
        for item in new:
            if bands[item.item_id]:
                near = await self._store.find_near(workspace, bands[item.item_id], MAX_NEAR)
                found.update((other.item_id, other) for other in near)
        about = await self._about(workspace, new)
        found.update((item.item_id, item) for item in about)
        similarities, similar = await self._similar(workspace, new)
        found.update((item.item_id, item) for item in similar)
        return await asyncio.to_thread(
            consolidate, list(found.values()), self._clock(), similarities
        )

    async def _about(self, workspace: WorkspaceId, new: Sequence[Item]) -> Sequence[Item]:
        """What is known about the subjects of `new` and what took its place, what they take back by
        name, and what is open."""
        subjects = dict.fromkeys(item.subject for item in new if can_supersede(item, item))
        names = [subject for subject in subjects if subject is not None]
        found = (
            list(await self._store.list_by_subject(workspace, names, MAX_ABOUT)) if names else []
        )
        known = {item.item_id for item in found}
        successors = {item.successor_id for item in found if item.successor_id is not None}
        found += await self._items.get_items(workspace, sorted(successors - known))
        for name in dict.fromkeys(name for item in new for name in replaced_by(item.metadata)):
            query = Query(name, self._clock(), kinds=REPLACEABLE, limit=MAX_NAMED)
            named = await self._search.search(workspace, query)
            found += [candidate.item for candidate in named.found]
        if any(item.kind is ItemKind.CHAT for item in new):
            found += await self._timeline.list_items(workspace, _OPEN, None, None, MAX_OPEN)
        return found

    async def _similar(
        self, workspace: WorkspaceId, new: Sequence[Item]
    ) -> tuple[Similarities, Sequence[Item]]:
        """Statements that lie close to new ones, where there are vectors."""
        similarities: dict[frozenset[ItemId], float] = {}
        found: dict[ItemId, Item] = {}
        for item in new:
            if item.kind not in SEMANTIC:
                continue
            embedding = await self._embedder.embed_query(workspace, item.text)
            if embedding is None:
                break
            query = Query(
                text="",
                now=self._clock(),
                embedding=embedding,
                thread_ids=(item.thread_id,),
                kinds=frozenset({item.kind}),
                limit=MAX_SIMILAR,
            )
            for candidate in (await self._search.search(workspace, query)).found:
                other = candidate.item
                if candidate.similarity is not None and other.item_id != item.item_id:
                    similarities[frozenset((item.item_id, other.item_id))] = candidate.similarity
                    found[other.item_id] = other
        return similarities, list(found.values())

    async def _judged(self, workspace: WorkspaceId) -> Sequence[Action]:
        """What feedback says is outdated, or said twice."""
        feedback: list[Feedback] = []
        cursor: str | None = None
        while True:
            page, cursor = await self._verdicts.list_feedback(workspace, cursor, PAGE)
            feedback += page
            if cursor is None:
                break
        suspected = suspicions(feedback)
        named = [one for each in suspected for one in (each.item_id, each.other_item_id) if one]
        known = {
            item.item_id: item
            for item in await self._items.get_items(workspace, list(dict.fromkeys(named)))
        }
        return list(_judged(suspected, known, self._clock()))


def _judged(
    suspected: Sequence[Suspicion], known: Mapping[ItemId, Item], now: datetime
) -> Iterator[Action]:
    changed: set[ItemId] = set()
    for suspicion in suspected:
        item = known.get(suspicion.item_id)
        other = known.get(suspicion.other_item_id) if suspicion.other_item_id else None
        involved = {one.item_id for one in (item, other) if one is not None}
        if item is None or item.state is not ItemState.ACTIVE or involved & changed:
            continue
        reason = f"feedback {', '.join(suspicion.because_of)}"
        if suspicion.kind is SuspicionKind.OUTDATED:
            changed.add(item.item_id)
            yield Action(ActionKind.SUPERSEDE, reason, (_outdated(item, other, now),))
        elif other is not None and other.state is ItemState.ACTIVE:
            changed |= involved
            yield Action(ActionKind.MERGE, reason, (merged_into(other, item, now),))


def _outdated(item: Item, successor: Item | None, now: datetime) -> Change:
    before = standing_of(item)
    after = replace(
        before,
        state=ItemState.SUPERSEDED,
        valid_to=successor.valid_from if successor else now,
        retired_at=now,
        successor_id=successor.item_id if successor else None,
    )
    return Change(item.item_id, before, after)
