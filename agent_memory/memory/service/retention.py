"""Carrying out how long a workspace keeps what."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.item import Item
from agent_memory.memory.retention.policy import RetentionPolicy
from agent_memory.memory.retention.policy_json import read_retention, write_retention
from agent_memory.memory.retention.retention import (
    ItemSummary,
    RetentionPlan,
    plan_retention,
    summarise,
)
from agent_memory.memory.service.message_ports import Erasure, ItemChanges, Pages, Threads

PAGE = 1000
BATCH = 500
"""Items archived or erased in one transaction."""


class RetentionPolicies(Protocol):
    async def get_retention(self, workspace: WorkspaceId) -> Mapping[str, Json] | None:
        """None where none is set."""
        ...

    async def set_retention(self, workspace: WorkspaceId, policy: Mapping[str, Json]) -> None: ...


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """What was done, or would be. `plan` was made before; the numbers are what came of it."""

    plan: RetentionPlan
    is_dry: bool
    num_archived: int = 0
    num_erased: int = 0


class Retention:
    """The policy of a workspace, and the run that carries it out."""

    def __init__(
        self,
        policies: RetentionPolicies,
        pages: Pages,
        threads: Threads,
        changes: ItemChanges,
        erasure: Erasure,
        clock: Callable[[], datetime],
    ) -> None:
        self._policies = policies
        self._pages = pages
        self._threads = threads
        self._changes = changes
        self._erasure = erasure
        self._clock = clock

    async def get_policy(self, workspace: WorkspaceId) -> Mapping[str, Json]:
        """By default everything is kept."""
        raw = await self._policies.get_retention(workspace)
        return write_retention(RetentionPolicy() if raw is None else read_retention(raw))

    async def set_policy(
        self, workspace: WorkspaceId, raw: Mapping[str, Json]
    ) -> Mapping[str, Json]:
        """`InvalidRequest`, naming the field, for what is no policy."""
        policy = write_retention(read_retention(raw))
        await self._policies.set_retention(workspace, policy)
        return policy

    async def run(self, workspace: WorkspaceId, *, is_dry: bool) -> RetentionRun:
        """Archive and erase what the policy says; a dry run only counts. What is under legal hold
        stays as it is."""
        now = self._clock()
        policy = read_retention(await self.get_policy(workspace))
        items = await self._summaries(workspace, now)
        plan = await asyncio.to_thread(plan_retention, items, policy, now)
        if is_dry:
            return RetentionRun(plan, is_dry=True)
        num_archived = 0
        for batch in _batches(plan.to_archive):
            num_archived += await self._changes.archive(workspace, batch)
        num_erased = 0
        for batch in _batches(plan.to_erase):
            num_erased += (await self._erasure.erase_items(workspace, batch)).num_items
        return RetentionRun(plan, False, num_archived, num_erased)

    async def _summaries(self, workspace: WorkspaceId, now: datetime) -> list[ItemSummary]:
        held = await self._held_threads(workspace)
        found: list[ItemSummary] = []
        cursor: str | None = None
        while True:
            page, cursor = await self._pages.list_page(
                workspace, None, frozenset(), frozenset(), cursor, PAGE
            )
            found += await asyncio.to_thread(_summarised, page, held, now)
            if cursor is None:
                return found

    async def _held_threads(self, workspace: WorkspaceId) -> frozenset[ThreadId]:
        held: set[ThreadId] = set()
        cursor: str | None = None
        while True:
            page, cursor = await self._threads.list_threads(workspace, cursor, PAGE)
            held.update(thread.thread_id for thread in page if thread.legal_hold)
            if cursor is None:
                return frozenset(held)


def _summarised(
    page: Sequence[Item], held: frozenset[ThreadId], now: datetime
) -> list[ItemSummary]:
    return [
        replace(summarise(item, now), legal_hold=item.legal_hold or item.thread_id in held)
        for item in page
    ]


def _batches(items: Sequence[ItemId]) -> Iterator[Sequence[ItemId]]:
    for begin in range(0, len(items), BATCH):
        yield items[begin : begin + BATCH]
