"""The one reader of a process: it fetches new changes and has the hub pass them on."""

import asyncio
import logging

from agent_memory.contexts.feed.hub import Hub
from agent_memory.contexts.feed.ports import ChangeLog, Wakes
from agent_memory.errors import AgentMemoryError
from agent_memory.ids import WorkspaceId

log = logging.getLogger(__name__)

POLL_S = 5.0
"""A sign is lost while the connection that listens comes back: then this is the delay."""
_RECONNECT_S = 1.0
_PAGE = 500


class FeedReader:
    """Reads once for all listeners of a workspace, when a sign comes and every `poll_s` seconds."""

    def __init__(self, hub: Hub, changes: ChangeLog, wakes: Wakes, poll_s: float = POLL_S) -> None:
        self._hub = hub
        self._changes = changes
        self._wakes = wakes
        self._poll_s = poll_s
        self._due: set[WorkspaceId] = set()
        self._is_due = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def ensure_running(self) -> None:
        """Begin, unless it has begun. It goes on for as long as the process."""
        if any(not task.done() for task in self._tasks):
            return
        self._tasks = [
            asyncio.create_task(work()) for work in (self._listen, self._poll, self._pull_due)
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _listen(self) -> None:
        while True:
            try:
                async for workspace in self._wakes.wakes():
                    self._note(workspace)
            except AgentMemoryError as error:
                log.warning("the feed does not listen", extra={"reason": str(error)})
            except Exception:
                log.exception("the feed does not listen")
            await asyncio.sleep(_RECONNECT_S)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            for workspace in self._hub.workspaces:
                self._note(workspace)

    def _note(self, workspace: WorkspaceId) -> None:
        if self._hub.position(workspace) is not None:
            self._due.add(workspace)
            self._is_due.set()

    async def _pull_due(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            due, self._due = self._due, set()
            await asyncio.gather(*(self._pull_patiently(workspace) for workspace in due))

    async def _pull_patiently(self, workspace: WorkspaceId) -> None:
        """Changes that cannot be fetched now are fetched at the next sign or poll."""
        try:
            await self.pull(workspace)
        except AgentMemoryError as error:
            log.warning("changes not read", extra={"reason": str(error)})
        except Exception:
            log.exception("changes not read")

    async def pull(self, workspace: WorkspaceId) -> None:
        """Tell what has been committed since the hub's position."""
        while (position := self._hub.position(workspace)) is not None:
            page = await self._changes.read(workspace, position, _PAGE)
            if page is None:
                head = await self._changes.head(workspace)
                for listener in self._hub.restart(workspace, head):
                    listener.lose_place()
                return
            self._hub.tell(workspace, page.changes)
            if len(page.changes) < _PAGE:
                return
