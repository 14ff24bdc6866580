"""Threads in dictionaries."""

from collections import Counter

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.items.thread import Thread, ThreadStatistics
from agent_memory.pages import Page
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_pages import page_of


class DictThreads:
    """Implements `Threads` over what a `DictMemory` holds."""

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory

    async def get_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Thread:
        entry = self._memory.shelf(workspace).get_thread(thread)
        items = self._items(workspace, thread)
        return Thread(
            thread,
            entry.title,
            entry.is_held,
            entry.created_at,
            entry.updated_at,
            len(items),
            sum(item.kind is ItemKind.CHAT for item in items),
        )

    async def list_threads(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[Thread]:
        last_used_first = list(reversed(self._memory.shelf(workspace).threads))
        page, following = page_of(last_used_first, cursor, limit)
        return Page([await self.get_thread(workspace, thread) for thread in page], following)

    async def set_title(self, workspace: WorkspaceId, thread: ThreadId, title: str | None) -> None:
        self._memory.shelf(workspace).get_thread(thread).title = title

    async def set_legal_hold(self, workspace: WorkspaceId, thread: ThreadId, is_held: bool) -> None:
        self._memory.shelf(workspace).get_thread(thread).is_held = is_held

    async def measure_thread(self, workspace: WorkspaceId, thread: ThreadId) -> ThreadStatistics:
        measured = await self.get_thread(workspace, thread)
        items = self._items(workspace, thread)
        return ThreadStatistics(
            measured,
            Counter(item.kind.value for item in items),
            Counter(item.role.value for item in items if item.role),
            Counter(item.state.value for item in items),
            sum(len(item.text) for item in items if item.kind is ItemKind.CHAT),
            min((item.occurred_at for item in items), default=None),
            max((item.last_occurred_at or item.occurred_at for item in items), default=None),
        )

    def _items(self, workspace: WorkspaceId, thread: ThreadId) -> list[Item]:
        items = self._memory.shelf(workspace).items.values()
        return [item for item in items if item.thread_id == thread]
