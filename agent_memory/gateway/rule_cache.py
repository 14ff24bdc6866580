"""The rules of workspaces, kept for a moment."""

import asyncio
from collections.abc import Awaitable, Callable

from agent_memory.gateway.books import Rules
from agent_memory.ids import WorkspaceId

_MAX_WORKSPACES = 4096


class RuleCache:
    """Asks for the rules of a workspace once in `ttl_s` seconds. `monotonic` counts seconds."""

    def __init__(
        self,
        read: Callable[[WorkspaceId], Awaitable[Rules]],
        monotonic: Callable[[], float],
        ttl_s: float = 1.0,
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._ttl_s = ttl_s
        self._kept: dict[WorkspaceId, tuple[float, Rules]] = {}
        self._asking: dict[WorkspaceId, asyncio.Task[Rules]] = {}

    async def rules(self, workspace: WorkspaceId) -> Rules:
        """At most `ttl_s` and one query old."""
        kept = self._kept.get(workspace)
        if kept is not None and self._monotonic() < kept[0]:
            return kept[1]
        task = self._asking.get(workspace)
        if task is None:
            task = asyncio.create_task(self._ask(workspace))
            self._asking[workspace] = task
            task.add_done_callback(lambda done: self._end(workspace, done))
        return await asyncio.shield(task)

    async def _ask(self, workspace: WorkspaceId) -> Rules:
        until = self._monotonic() + self._ttl_s
        rules = await self._read(workspace)
        self._kept.pop(workspace, None)
        self._kept[workspace] = until, rules
        if len(self._kept) > _MAX_WORKSPACES:
            del self._kept[next(iter(self._kept))]
        return rules

    def _end(self, workspace: WorkspaceId, task: asyncio.Task[Rules]) -> None:
        del self._asking[workspace]
        if not task.cancelled():
            task.exception()  # it was told to whoever waited
