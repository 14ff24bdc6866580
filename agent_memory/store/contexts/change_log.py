"""The feed as it is kept: changes in order, and the state that they have led to."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.change import Change, ChangeOp
from agent_memory.contexts.context import Cause
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.feed.state import ChangePage, PresentContext, PresentState
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.notifications import notifications
from agent_memory.store.transaction import Transaction

_CHANNEL = "agent_memory_contexts"


@dataclass(frozen=True, slots=True)
class _FeedRow:
    last_seq: int
    first_seq: int


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    seq: int
    op: str
    cause: str
    key: ContextKey
    lineage: Lineage
    version: int
    changed_at: datetime
    changed_by: str
    session_id: str | None
    agent_id: str | None

    def change(self) -> Change:
        return Change(
            seq=self.seq,
            op=ChangeOp(self.op),
            cause=Cause(self.cause),
            key=self.key,
            lineage=self.lineage,
            version=self.version,
            changed_at=self.changed_at,
            changed_by=self.changed_by,
            session_id=self.session_id,
            agent_id=self.agent_id,
        )


class ContextChangeLog:
    """Implements `agent_memory.contexts.feed.ports.ChangeLog` and `Wakes`."""

    def __init__(self, database: Database, url: str) -> None:
        """url: of the same database, for the connection that listens."""
        self._database = database
        self._url = url

    async def head(self, workspace: WorkspaceId) -> int:
        async with self._database.workspace(workspace) as transaction:
            return (await _feed(transaction, workspace)).last_seq

    async def read(self, workspace: WorkspaceId, after: int, limit: int) -> ChangePage | None:
        async with self._database.workspace(workspace) as transaction:
            feed = await _feed(transaction, workspace)
            changes = await read_changes(transaction, workspace, after, limit)
        if after > feed.last_seq:
            return None
        if not changes:
            return ChangePage((), after) if after == feed.last_seq else None
        if changes[0].seq != after + 1:
            return None
        return ChangePage(changes, changes[-1].seq)

    async def present(self, workspace: WorkspaceId, patterns: Sequence[KeyPattern]) -> PresentState:
        async with self._database.snapshot(workspace) as transaction:
            feed = await _feed(transaction, workspace)
            rows = await transaction.fetch_all(
                "list_present_contexts",
                PresentContext,
                workspace_id=workspace,
                prefixes=[it.prefix for it in patterns if it.prefix is not None],
                keys=[it.text for it in patterns if it.prefix is None],
            )
        return PresentState(feed.last_seq, rows)

    async def wakes(self) -> AsyncIterator[WorkspaceId]:
        async for _, workspace in notifications(self._url, [_CHANNEL]):
            yield WorkspaceId(workspace)


async def read_changes(
    transaction: Transaction, workspace: WorkspaceId, after: int, limit: int
) -> Sequence[Change]:
    """Those that are kept of the changes after that number, oldest first."""
    rows = await transaction.fetch_all(
        "read_context_changes", _ChangeRow, workspace_id=workspace, after=after, limit=limit
    )
    return [row.change() for row in rows]


async def _feed(transaction: Transaction, workspace: WorkspaceId) -> _FeedRow:
    row = await transaction.fetch_one("get_context_feed", _FeedRow, workspace_id=workspace)
    return row or _FeedRow(0, 1)
