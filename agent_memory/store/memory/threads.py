"""Threads: their list, their titles, what they hold."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.errors import NotFound
from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.thread import Thread, ThreadStatistics
from agent_memory.pages import Page
from agent_memory.store.cursors import Cursor
from agent_memory.store.database import Database
from agent_memory.store.memory.pages import check_limit, has_more
from agent_memory.store.safe_text import escape, unescape


@dataclass(frozen=True, slots=True)
class _ThreadRow:
    thread_id: ThreadId
    title: str | None
    legal_hold: bool
    created_at: datetime
    updated_at: datetime
    num_items: int
    num_messages: int

    def thread(self) -> Thread:
        return Thread(
            thread_id=self.thread_id,
            title=None if self.title is None else unescape(self.title),
            legal_hold=self.legal_hold,
            created_at=self.created_at,
            updated_at=self.updated_at,
            num_items=self.num_items,
            num_messages=self.num_messages,
        )


@dataclass(frozen=True, slots=True)
class _GroupRow:
    kind: str
    role: str | None
    state: str
    num_items: int
    num_characters: int | None
    first_occurred_at: datetime
    last_occurred_at: datetime


class ThreadStore:
    """Every method sees one workspace: a thread of another is `NotFound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Thread:
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_thread", _ThreadRow, workspace_id=workspace, thread_id=escape(thread)
            )
        if row is None:
            raise NotFound("thread", thread)
        return row.thread()

    async def list_threads(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[Thread]:
        """Up to `limit` (1 to 1000) threads after `cursor`, the last used first, and the cursor
        of the next page, or None on the last."""
        check_limit(limit)
        after = None if cursor is None else Cursor.decode(cursor)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_threads",
                _ThreadRow,
                workspace_id=workspace,
                before=after and after.created_at,
                before_id=after and after.id,
                limit=limit + 1,
            )
        page = tuple(row.thread() for row in rows[:limit])
        following = Cursor(page[-1].updated_at, page[-1].thread_id) if page else None
        return Page(page, following.encode() if following and has_more(rows, limit) else None)

    async def set_title(self, workspace: WorkspaceId, thread: ThreadId, title: str | None) -> None:
        await self._set(
            "set_thread_title", workspace, thread, title=None if title is None else escape(title)
        )

    async def set_legal_hold(self, workspace: WorkspaceId, thread: ThreadId, is_held: bool) -> None:
        """Keep the thread, or let it go again."""
        await self._set("set_thread_hold", workspace, thread, is_held=is_held)

    async def measure_thread(self, workspace: WorkspaceId, thread: ThreadId) -> ThreadStatistics:
        async with self._database.snapshot(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_thread", _ThreadRow, workspace_id=workspace, thread_id=escape(thread)
            )
            groups = await transaction.fetch_all(
                "measure_thread", _GroupRow, workspace_id=workspace, thread_id=escape(thread)
            )
        if row is None:
            raise NotFound("thread", thread)
        return _statistics(row.thread(), groups)

    async def _set(
        self, name: str, workspace: WorkspaceId, thread: ThreadId, **values: object
    ) -> None:
        async with self._database.workspace(workspace) as transaction:
            found = await transaction.fetch_value(
                name, workspace_id=workspace, thread_id=escape(thread), **values
            )
        if found is None:
            raise NotFound("thread", thread)


def _statistics(thread: Thread, groups: Sequence[_GroupRow]) -> ThreadStatistics:
    return ThreadStatistics(
        thread=thread,
        num_by_kind=_count(groups, lambda group: group.kind),
        num_by_role=_count(groups, lambda group: group.role),
        num_by_state=_count(groups, lambda group: group.state),
        num_characters=sum(group.num_characters or 0 for group in groups),
        first_occurred_at=min((group.first_occurred_at for group in groups), default=None),
        last_occurred_at=max((group.last_occurred_at for group in groups), default=None),
    )


def _count(groups: Sequence[_GroupRow], word: Callable[[_GroupRow], str | None]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for group in groups:
        if (name := word(group)) is not None:
            counts[name] += group.num_items
    return dict(counts)
