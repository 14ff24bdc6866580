"""Legal holds: held items are neither archived nor erased."""

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.service.message_ports import ItemChanges, Threads


class Holds:
    """Hold an item or a thread, and let it go again."""

    def __init__(self, changes: ItemChanges, threads: Threads) -> None:
        self._changes = changes
        self._threads = threads

    async def hold_item(self, workspace: WorkspaceId, item: ItemId, is_held: bool) -> None:
        await self._changes.set_legal_hold(workspace, item, is_held)

    async def hold_thread(self, workspace: WorkspaceId, thread: ThreadId, is_held: bool) -> None:
        await self._threads.set_legal_hold(workspace, thread, is_held)
