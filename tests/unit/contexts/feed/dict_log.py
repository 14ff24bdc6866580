"""A log of changes in memory, for tests of the feed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from agent_memory.contexts.change import Change, ChangeOp
from agent_memory.contexts.context import Cause
from agent_memory.contexts.feed.pattern import KeyPattern, any_matches
from agent_memory.contexts.feed.state import ChangePage, PresentContext, PresentState
from agent_memory.ids import ContextKey, Lineage, WorkspaceId

HERE = WorkspaceId("ws_here")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class DictLog:
    """Keeps what is appended, and forgets the oldest when it is told to."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.num_forgotten = 0
        self.num_reads = 0
        self.signs: asyncio.Queue[WorkspaceId] = asyncio.Queue()

    def append(self, key: str) -> Change:
        version = 1 + sum(change.key == key for change in self.changes)
        op = ChangeOp.STORED if version == 1 else ChangeOp.UPDATED
        number = len(self.changes) + 1
        change = Change(
            number, op, Cause.PUT, ContextKey(key), Lineage("lin_1"), version, NOON, "key_a"
        )
        self.changes.append(change)
        return change

    async def head(self, workspace: WorkspaceId) -> int:
        return len(self.changes) if workspace == HERE else 0

    async def read(self, workspace: WorkspaceId, after: int, limit: int) -> ChangePage | None:
        self.num_reads += 1
        if workspace != HERE:
            return ChangePage((), after)
        if after < self.num_forgotten or after > len(self.changes):
            return None
        page = self.changes[after : after + limit]
        await asyncio.sleep(0)
        return ChangePage(page, after + len(page))

    async def present(self, workspace: WorkspaceId, patterns: Sequence[KeyPattern]) -> PresentState:
        assert workspace == HERE
        newest = {
            change.key: change for change in self.changes if any_matches(patterns, change.key)
        }
        contexts = [
            PresentContext(it.key, it.lineage, it.version, it.changed_at) for it in newest.values()
        ]
        return PresentState(len(self.changes), contexts)

    async def wakes(self) -> AsyncIterator[WorkspaceId]:
        while True:
            yield await self.signs.get()
