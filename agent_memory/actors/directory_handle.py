"""The directory as surfaces see it. All its calls are idempotent and outlive its restarts."""

from agent_memory.actors.lookup import NamedActor
from agent_memory.actors.options import SESSION_DIRECTORY
from agent_memory.errors import Unavailable
from agent_memory.ids import RequestId, SessionId, WorkspaceId
from agent_memory.sessions.directory import DirectoryStats
from agent_memory.wire.streams import StreamAddress

RESTART_TIMEOUT_S = 30.0
LOCATE_TIMEOUT_S = 75.0
"""Longer than a session's process takes to start cold, and to be waited for in line."""


class DirectoryHandle:
    def __init__(self) -> None:
        self._actor = NamedActor(SESSION_DIRECTORY.name)

    async def locate(
        self, workspace: WorkspaceId, session: SessionId, request_id: RequestId
    ) -> StreamAddress:
        return await self._actor.call_when_there(
            lambda actor: actor.locate.remote(workspace, session, request_id),
            RESTART_TIMEOUT_S,
            Unavailable,
            answer_timeout_s=LOCATE_TIMEOUT_S,
        )

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> None:
        await self._actor.call_when_there(
            lambda actor: actor.report_lost.remote(workspace, session),
            RESTART_TIMEOUT_S,
            Unavailable,
        )

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        await self._actor.call_when_there(
            lambda actor: actor.let_go.remote(workspace, session), RESTART_TIMEOUT_S, Unavailable
        )

    async def forget(self, workspace: WorkspaceId, session: SessionId) -> None:
        await self._actor.call_when_there(
            lambda actor: actor.forget.remote(workspace, session), RESTART_TIMEOUT_S, Unavailable
        )

    async def drain(self) -> None:
        await self._actor.call_when_there(
            lambda actor: actor.drain.remote(), RESTART_TIMEOUT_S, Unavailable
        )

    async def num_busy(self) -> int:
        return await self._actor.call_when_there(
            lambda actor: actor.num_busy.remote(), RESTART_TIMEOUT_S, Unavailable
        )

    async def stats(self) -> DirectoryStats:
        return await self._actor.call(lambda actor: actor.stats.remote(), 5.0, Unavailable)
