"""Sessions as the surfaces list, read and delete them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from agent_memory.cache.stats import PoolStats
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import Unavailable
from agent_memory.ids import BlockHash, BlockOwner, SessionId, WorkspaceId, block_owner, new_id
from agent_memory.pages import Page
from agent_memory.sessions.directory import DirectoryStats
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.transcript import SessionRecord, Transcript


class SessionRecords(Protocol):
    """The sessions as they are listed. Unknown ids raise `NotFound`."""

    async def create_session(
        self, workspace: WorkspaceId, session: SessionId, model: str
    ) -> SessionRecord:
        """`Conflict` when one of that id exists."""
        ...

    async def get_session(self, workspace: WorkspaceId, session: SessionId) -> SessionRecord: ...

    async def list_sessions(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[SessionRecord]: ...

    async def delete_session(self, workspace: WorkspaceId, session: SessionId) -> None: ...

    async def count_sessions(self, workspace: WorkspaceId) -> int: ...


class SessionContents(Protocol):
    """The transcripts and tokens of sessions."""

    async def load_transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript: ...

    async def load_sequences(
        self, workspace: WorkspaceId, session: SessionId
    ) -> Sequence[TokenIds]:
        """Every sequence of tokens that the session's turns left in the KV cache."""
        ...


class StoredSessions(SessionRecords, SessionContents, Protocol):
    """Both."""


class LiveSessions(Protocol):
    """The processes that sessions have."""

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None: ...

    async def forget(self, workspace: WorkspaceId, session: SessionId) -> None: ...

    async def stats(self) -> DirectoryStats: ...


class SessionBlocks(Protocol):
    """The register of KV blocks."""

    async def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence[Sequence[int]]
    ) -> Sequence[BlockHash]:
        """Those that the engine still has to drop."""
        ...

    async def stats(self) -> PoolStats | None: ...


class BlockEngine(Protocol):
    """The engine, which holds blocks."""

    async def drop(self, hashes: Sequence[BlockHash]) -> None: ...

    async def stats(self) -> EngineStats: ...


class SessionCatalogue:
    """It meets `api.runtime.Sessions`. Only erasing KV blocks needs an engine.

    model_name: the model that a new session will meet.
    """

    def __init__(
        self,
        store: StoredSessions,
        directory: LiveSessions,
        pool: SessionBlocks,
        engine: BlockEngine,
        model_name: Callable[[], Awaitable[str]],
    ) -> None:
        self._store = store
        self._directory = directory
        self._pool = pool
        self._engine = engine
        self._model_name = model_name

    async def create(self, workspace: WorkspaceId, session: SessionId | None) -> SessionRecord:
        return await self._store.create_session(
            workspace, session or SessionId(new_id("sess")), await self._model_name()
        )

    async def get(self, workspace: WorkspaceId, session: SessionId) -> SessionRecord:
        return await self._store.get_session(workspace, session)

    async def list(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[SessionRecord]:
        return await self._store.list_sessions(workspace, cursor, limit)

    async def transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript:
        return await self._store.load_transcript(workspace, session)

    async def delete(self, workspace: WorkspaceId, session: SessionId, keep_shelf: bool) -> None:
        await self._store.get_session(workspace, session)
        if keep_shelf:
            await self._directory.let_go(workspace, session)
            return
        await self._directory.forget(workspace, session)
        await self._forget_blocks(workspace, session)
        await self._store.delete_session(workspace, session)

    async def _forget_blocks(self, workspace: WorkspaceId, session: SessionId) -> None:
        """Erase the KV of the session in every tier, also what an earlier run of the server left
        on the shelf, for whichever model: that is found by its tokens."""
        owner = block_owner(workspace, session)
        sequences = await self._store.load_sequences(workspace, session)
        if evicted := await self._pool.erase(workspace, owner, sequences):
            await self._engine.drop(evicted)

    async def count(self, workspace: WorkspaceId) -> int:
        return await self._store.count_sessions(workspace)

    async def stats(self, workspace: WorkspaceId) -> Mapping[str, int | float]:
        """Counts of the workspace's sessions and of the runtime's processes, blocks and bytes."""
        count, directory, pool, engine = await asyncio.gather(
            self._store.count_sessions(workspace),
            self._directory.stats(),
            self._pool.stats(),
            self._engine.stats(),
            return_exceptions=True,
        )
        if isinstance(count, BaseException):
            raise count
        stats: dict[str, int | float] = {"sessions": count}
        for prefix, part in (("directory", directory), ("pool", pool), ("engine", engine)):
            if isinstance(part, BaseException) and not isinstance(part, Unavailable):
                raise part
            stats.update(numbers_of(prefix, part))
        return stats


def numbers_of(prefix: str, stats: object) -> dict[str, int | float]:
    """The numeric fields of a statistics value, each named after its part."""
    fields = getattr(type(stats), "__dataclass_fields__", {})
    values = {name: getattr(stats, name) for name in fields}
    return {f"{prefix}_{name}": v for name, v in values.items() if isinstance(v, int | float)}
