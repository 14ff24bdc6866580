"""Sessions that fork, leave and arrive, with their KV."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from agent_memory.cache.lane import Lane
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.parcel_folder import PIECE_SIZE, Parcel
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvalidRequest, Unavailable
from agent_memory.ids import SessionId, WorkspaceId, new_id
from agent_memory.sessions.archive.manifest import FILE, KvOrigin, encode_manifest
from agent_memory.sessions.archive.tar_stream import END, Entry, encode_entry, padding
from agent_memory.sessions.arrival import (
    KV_FOLDER,
    Arrivals,
    IncomingBlocks,
    SessionKeeping,
    owned_sequence,
)
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.transcript import SessionArrival, SessionRecord

log = logging.getLogger(__name__)


class SessionStore(SessionKeeping, Protocol):
    """The store of sessions."""

    async def load(self, workspace: WorkspaceId, session: SessionId) -> PortableSession: ...


class OutgoingBlocks(Protocol):
    """The pool, which shares blocks with forks and hands them out by parcels."""

    async def adopt(self, sequence: OwnedSequence) -> int: ...

    async def pack(self, sequence: OwnedSequence) -> Parcel: ...

    async def fetch(self, parcel_id: str, name: str, offset: int) -> bytes: ...


class TravellingBlocks(OutgoingBlocks, IncomingBlocks, Protocol):
    """Both ways."""


class KnownModel(Protocol):
    """The engine, as far as it says which model it runs."""

    async def info(self) -> EngineInfo:
        """Raises `Unavailable` while there is none."""
        ...


class SessionTravel:
    """It meets `api.runtime.Travel`. Without an engine sessions travel without their KV."""

    def __init__(self, store: SessionStore, pool: TravellingBlocks, engine: KnownModel) -> None:
        self._store = store
        self._pool = pool
        self._engine = engine
        self._manifests = Lane("manifests", 1)
        self._arrivals = Arrivals(store, pool, self._manifests)

    async def fork(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        fork: SessionId | None,
        num_turns: int | None,
    ) -> SessionRecord:
        """Its blocks are shared as they are: nothing is computed and no KV is copied."""
        original = await self._store.load(workspace, session)
        if num_turns is not None and num_turns > len(original.turns):
            message = f"The session has {len(original.turns)} turns; it cannot fork after more."
            raise InvalidRequest(message, "num_turns")
        copy = original if num_turns is None else original.up_to(num_turns)
        fork = fork or SessionId(new_id("sess"))
        record = await self._store.save(workspace, fork, copy, is_twin=True)
        await self._adopt(workspace, fork, copy.sequence)
        return record

    async def export(self, workspace: WorkspaceId, session: SessionId) -> AsyncIterator[bytes]:
        """The archive, piece by piece; `NotFound` is raised before the first. Without an engine it
        holds no KV."""
        copy = await self._store.load(workspace, session)
        packed = await self._pack(workspace, session, copy.sequence)
        origin = None if packed is None else packed.origin
        manifest = await self._manifests.run(encode_manifest, copy, origin)
        return self._archive(manifest, packed)

    async def arrive(
        self, workspace: WorkspaceId, session: SessionId | None, archive: AsyncIterator[bytes]
    ) -> SessionArrival:
        """Nothing is kept of an archive that turns out to be unusable."""
        session = session or SessionId(new_id("sess"))
        try:
            info = await self._engine.info()
        except Unavailable as error:
            return await self._arrivals.without_engine(workspace, session, archive, error)
        return await self._arrivals.with_kv(workspace, session, archive, info)

    async def _adopt(self, workspace: WorkspaceId, fork: SessionId, tokens: TokenIds) -> None:
        """Count the blocks as the fork's too. Its turns find them by their tokens in any case."""
        try:
            info = await self._engine.info()
            await self._pool.adopt(owned_sequence(info, workspace, fork, tokens))
        except Unavailable as error:
            log.info("a fork has no blocks of its own", extra={"reason": str(error)})

    async def _pack(
        self, workspace: WorkspaceId, session: SessionId, tokens: TokenIds
    ) -> "_Packed | None":
        try:
            info = await self._engine.info()
            sequence = owned_sequence(info, workspace, session, tokens)
            parcel = await self._pool.pack(sequence)
        except Unavailable as error:
            log.info("a session is exported without KV", extra={"reason": str(error)})
            return None
        return _Packed(parcel, KvOrigin(info.fingerprint, info.kv_format, sequence.root))

    async def _archive(
        self, manifest: bytes, packed: "_Packed | None"
    ) -> AsyncGenerator[bytes, None]:
        entry = Entry(FILE, len(manifest))
        try:
            yield encode_entry(entry) + manifest + padding(entry)
            if packed is not None:
                async with aclosing(self._files(packed.parcel)) as pieces:
                    async for piece in pieces:
                        yield piece
            yield END
        finally:
            if packed is not None:
                await self._pool.close_parcel(packed.parcel.parcel_id)

    async def _files(self, parcel: Parcel) -> AsyncGenerator[bytes, None]:
        for file in parcel.files:
            entry = Entry(KV_FOLDER + file.name, file.nbytes)
            yield encode_entry(entry)
            for offset in range(0, file.nbytes, PIECE_SIZE):
                yield await self._pool.fetch(parcel.parcel_id, file.name, offset)
            yield padding(entry)


@dataclass(frozen=True, slots=True)
class _Packed:
    """The blocks of a session that goes out, and where they come from."""

    parcel: Parcel
    origin: KvOrigin
