"""Conversations as a whole."""

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.erased import Erased
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.items.thread import Thread, ThreadStatistics
from agent_memory.memory.service.message_ports import Erasure, Pages, Threads
from agent_memory.pages import Page

_MESSAGES = frozenset({ItemKind.CHAT.value})


class Conversations:
    """List, read, name, measure, erase. A conversation is a thread."""

    def __init__(self, threads: Threads, pages: Pages, erasure: Erasure) -> None:
        self._threads = threads
        self._pages = pages
        self._erasure = erasure

    async def list(self, workspace: WorkspaceId, cursor: str | None, limit: int) -> Page[Thread]:
        """The last used first."""
        return await self._threads.list_threads(workspace, cursor, limit)

    async def read(
        self, workspace: WorkspaceId, thread: ThreadId, cursor: str | None, limit: int
    ) -> tuple[Thread, Page[Item]]:
        """The conversation, and a page of its messages, the oldest first."""
        held = await self._threads.get_thread(workspace, thread)
        messages = await self._pages.list_page(
            workspace, thread, _MESSAGES, frozenset(), cursor, limit
        )
        return held, messages

    async def rename(self, workspace: WorkspaceId, thread: ThreadId, title: str) -> Thread:
        await self._threads.set_title(workspace, thread, title)
        return await self._threads.get_thread(workspace, thread)

    async def measure(self, workspace: WorkspaceId, thread: ThreadId) -> ThreadStatistics:
        return await self._threads.measure_thread(workspace, thread)

    async def erase(self, workspace: WorkspaceId, thread: ThreadId) -> Erased:
        """With its raw texts, and everything that was derived from them."""
        return await self._erasure.erase_thread(workspace, thread)

    async def erase_all(self, workspace: WorkspaceId) -> Erased:
        """The whole memory of the workspace."""
        return await self._erasure.erase_all(workspace)
