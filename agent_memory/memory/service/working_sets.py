"""Gathering all that a working set is made of."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import FAILURES, ItemKind
from agent_memory.memory.ports import Items, Timeline
from agent_memory.memory.search.recalled import Query, Recalled
from agent_memory.memory.service.recall import Finder, Found, Tokens
from agent_memory.memory.workingset.builder import build_workingset
from agent_memory.memory.workingset.inputs import WorkingSetInputs
from agent_memory.memory.workingset.working_set import WorkingSet

MAX_RELEVANT = 100
MAX_RECENT = 12
"""Of each group of kinds that has a section."""
MAX_FAILURES = 6
"""Whose changes are looked for: the best found and the newest."""
MAX_LINKED = 12
MAX_HISTORIES = 6
"""Decisions whose earlier statements are looked for."""
_GROUPS = (
    frozenset({ItemKind.CONSTRAINT, ItemKind.REQUIREMENT, ItemKind.PREFERENCE}),
    frozenset({ItemKind.DECISION}),
    frozenset({ItemKind.TASK}),
    frozenset({ItemKind.QUESTION}),
    FAILURES,
)


@dataclass(frozen=True, slots=True)
class WorkingSetRequest:
    """Without `thread_id`, of the whole workspace. `as_of`: as it would have been then."""

    purpose: str
    token_budget: int
    thread_id: ThreadId | None = None
    as_of: datetime | None = None


def leave_out_nothing(_: Item) -> bool:
    return False


class WorkingSets:
    """What is relevant, what is recent, what was before it, and what fixed what failed."""

    def __init__(
        self,
        finder: Finder,
        items: Items,
        timeline: Timeline,
        tokens: Tokens,
        clock: Callable[[], datetime],
    ) -> None:
        self._finder = finder
        self._items = items
        self._timeline = timeline
        self._tokens = tokens
        self._clock = clock

    async def assemble(
        self,
        workspace: WorkspaceId,
        request: WorkingSetRequest,
        leave_out: Callable[[Item], bool] = leave_out_nothing,
    ) -> WorkingSet:
        """The working set within the budget, without the items to be left out."""
        now = self._clock()
        found = await self._find(workspace, request, now)
        recent = await asyncio.gather(
            *(self._newest(workspace, request, kinds) for kinds in _GROUPS)
        )
        relevant = [entry for entry in found.ranked if not leave_out(entry.item)]
        newest = [item for group in recent for item in group if not leave_out(item)]
        inputs = WorkingSetInputs(
            relevant=tuple(relevant),
            recent=tuple(newest),
            superseded=await self._superseded(workspace, relevant, newest),
            linked=await self._linked(workspace, relevant, newest),
            is_degraded=found.is_degraded,
            note=found.note,
        )
        counter = await self._tokens()
        return build_workingset(
            inputs, request.purpose, request.token_budget, counter, request.as_of or now
        )

    async def _find(
        self, workspace: WorkspaceId, request: WorkingSetRequest, now: datetime
    ) -> Found:
        query = Query(
            text=request.purpose,
            now=now,
            thread_ids=() if request.thread_id is None else (request.thread_id,),
            as_of=request.as_of,
            limit=MAX_RELEVANT,
        )
        return await self._finder.find(workspace, query)

    async def _newest(
        self, workspace: WorkspaceId, request: WorkingSetRequest, kinds: frozenset[ItemKind]
    ) -> Sequence[Item]:
        return await self._timeline.list_items(
            workspace, frozenset(kinds), request.thread_id, request.as_of, MAX_RECENT
        )

    async def _superseded(
        self, workspace: WorkspaceId, relevant: Sequence[Recalled], recent: Sequence[Item]
    ) -> tuple[Item, ...]:
        """What the decisions that have a subject took the place of."""
        items = (*(entry.item for entry in relevant), *recent)
        decisions = dict.fromkeys(
            item.item_id
            for item in items
            if item.kind is ItemKind.DECISION and item.subject is not None
        )
        histories = await asyncio.gather(
            *(
                self._items.find_history(workspace, decision)
                for decision in list(decisions)[:MAX_HISTORIES]
            )
        )
        earlier = {item.item_id: item for history in histories for item in history}
        return tuple(earlier.values())

    async def _linked(
        self, workspace: WorkspaceId, relevant: Sequence[Recalled], recent: Sequence[Item]
    ) -> Mapping[ItemId, tuple[Item, ...]]:
        found = [entry.item for entry in relevant if entry.item.kind in FAILURES][:MAX_FAILURES]
        newest = [item for item in recent if item.kind in FAILURES][:MAX_FAILURES]
        failures = dict.fromkeys(item.item_id for item in (*found, *newest))
        linked = await asyncio.gather(
            *(self._items.find_linked(workspace, failure, MAX_LINKED) for failure in failures)
        )
        return {failure: tuple(items) for failure, items in zip(failures, linked, strict=True)}
