"""`SessionDirectory`: the actor that knows where every live session is."""

import asyncio
import logging

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.niceness import give_way
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.actors.session_workers import SessionWorkers
from agent_memory.errors import PoolLost
from agent_memory.ids import RequestId, SessionId, WorkspaceId, block_owner
from agent_memory.sessions.directory import DirectoryStats, SessionDirectory
from agent_memory.telemetry import configure_logging, request_id_var
from agent_memory.wire.streams import StreamAddress

log = logging.getLogger(__name__)


class SessionDirectoryActor:
    """Owns one `SessionDirectory`; rebuilds it from the named actors after a restart."""

    def __init__(self, config: RuntimeConfig) -> None:
        settings = config.settings
        configure_logging("directory", settings.log_level, config.log_file("directory"))
        give_way()
        self._idle_s = settings.session_idle_s
        self._pool = PoolHandle()
        self._directory = SessionDirectory[StreamAddress](
            SessionWorkers(config), settings.max_live_sessions, settings.num_warm_sessions
        )
        self._ready: asyncio.Task[None] | None = None

    async def locate(
        self, workspace: WorkspaceId, session: SessionId, request_id: RequestId
    ) -> StreamAddress:
        request_id_var.set(request_id)
        address = await (await self._rebuilt()).locate(workspace, session)
        log.info("located", extra={"session": session})
        return address

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> None:
        if await (await self._rebuilt()).report_lost(workspace, session):
            try:
                await self._pool.release_owner(block_owner(workspace, session))
            except PoolLost:
                log.warning("leases of a lost session not released: the pool was lost too")

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        await (await self._rebuilt()).let_go(workspace, session)

    async def forget(self, workspace: WorkspaceId, session: SessionId) -> None:
        await (await self._rebuilt()).forget(workspace, session)

    async def drain(self) -> None:
        await (await self._rebuilt()).drain()

    async def num_busy(self) -> int:
        return await (await self._rebuilt()).num_busy()

    async def stats(self) -> DirectoryStats:
        return (await self._rebuilt()).stats()

    async def _rebuilt(self) -> SessionDirectory[StreamAddress]:
        if self._ready is None:
            self._ready = asyncio.create_task(self._rebuild())
        await asyncio.shield(self._ready)
        return self._directory

    async def _rebuild(self) -> None:
        await self._directory.rebuild()
        self._sweeping = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        """Hibernate what idles, for ever."""
        while True:
            await asyncio.sleep(min(self._idle_s / 4, 30.0))
            try:
                await self._directory.hibernate_idle(self._idle_s)
            except Exception:
                log.exception("sweeping idle sessions failed")
