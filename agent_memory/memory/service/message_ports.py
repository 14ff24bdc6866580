"""Ports of messages and conversations. Another workspace's ids are `NotFound`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.erased import Erased
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.thread import Thread, ThreadStatistics
from agent_memory.pages import Page


class MessageFinder(Protocol):
    async def find_messages(
        self, workspace: WorkspaceId, contents: Sequence[tuple[ThreadId, str]]
    ) -> Sequence[Item]:
        """The messages of these threads and content hashes, in the given order."""
        ...


class ItemChanges(Protocol):
    """Changes to single items."""

    async def replace_message(
        self, workspace: WorkspaceId, item: ItemId, prepared: Prepared
    ) -> Remembered: ...

    async def set_metadata(
        self, workspace: WorkspaceId, item: ItemId, metadata: Mapping[str, Json]
    ) -> None: ...

    async def set_importance(
        self, workspace: WorkspaceId, item: ItemId, importance: float | None
    ) -> None: ...

    async def set_legal_hold(self, workspace: WorkspaceId, item: ItemId, is_held: bool) -> None: ...

    async def archive(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> int: ...


class Threads(Protocol):
    """Conversations as a whole."""

    async def get_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Thread: ...

    async def list_threads(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[Thread]: ...

    async def set_title(
        self, workspace: WorkspaceId, thread: ThreadId, title: str | None
    ) -> None: ...

    async def set_legal_hold(
        self, workspace: WorkspaceId, thread: ThreadId, is_held: bool
    ) -> None: ...

    async def measure_thread(
        self, workspace: WorkspaceId, thread: ThreadId
    ) -> ThreadStatistics: ...


class Pages(Protocol):
    async def list_page(
        self,
        workspace: WorkspaceId,
        thread: ThreadId | None,
        kinds: frozenset[str],
        states: frozenset[str],
        cursor: str | None,
        limit: int,
    ) -> Page[Item]:
        """Items, the oldest first."""
        ...


class Erasure(Protocol):
    """Forgetting for good; `Conflict` for what is under legal hold."""

    async def erase_item(self, workspace: WorkspaceId, item: ItemId) -> Erased: ...

    async def erase_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Erased: ...

    async def erase_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Erased: ...

    async def erase_all(self, workspace: WorkspaceId) -> Erased: ...


class EmbedNow(Protocol):
    async def embed_now(self, workspace: WorkspaceId, items: Sequence[Item]) -> bool:
        """Give the items vectors at once; False when that must wait for a job."""
        ...
