"""Sessions that fork, leave and arrive, with their KV."""

import logging
from collections.abc import AsyncIterator

from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.kv_traffic import PIECE_SIZE, Parcel
from agent_memory.actors.pool import OwnedSequence
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.cache.hashing import root_hash
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvalidRequest
from agent_memory.ids import SessionId, WorkspaceId, block_owner, new_id
from agent_memory.sessions.archive.manifest import (
    FILE,
    KvOrigin,
    decode_manifest,
    encode_manifest,
)
from agent_memory.sessions.archive.tar_stream import END, Entry, TarReader, encode_entry, padding
from agent_memory.store.session_copies import SessionCopies
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.transcript import SessionArrival, SessionRecord

log = logging.getLogger(__name__)

MAX_MANIFEST_BYTES = 256 * 1024 * 1024
_KV_FOLDER = "kv/"


class SessionTravel:
    """Implements `api.runtime.Travel`."""

    def __init__(self, copies: SessionCopies, pool: PoolHandle, engine: EngineHandle) -> None:
        self._copies = copies
        self._pool = pool
        self._engine = engine

    async def fork(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        fork: SessionId | None,
        num_turns: int | None,
    ) -> SessionRecord:
        """Its blocks are shared as they are: nothing is computed and no KV is copied."""
        original = await self._copies.load(workspace, session)
        if num_turns is not None and num_turns > len(original.turns):
            message = f"The session has {len(original.turns)} turns; it cannot fork after more."
            raise InvalidRequest(message, "num_turns")
        copy = original if num_turns is None else original.up_to(num_turns)
        fork = fork or SessionId(new_id("sess"))
        record = await self._copies.save(workspace, fork, copy, is_twin=True)
        info = await self._engine.info()
        await self._pool.adopt(_owned(info, workspace, fork, copy.sequence))
        return record

    async def export(self, workspace: WorkspaceId, session: SessionId) -> AsyncIterator[bytes]:
        """The archive, piece by piece; `NotFound` is raised before the first."""
        copy = await self._copies.load(workspace, session)
        info = await self._engine.info()
        sequence = _owned(info, workspace, session, copy.sequence)
        parcel = await self._pool.pack(sequence)
        origin = KvOrigin(info.fingerprint, info.kv_format, sequence.root)
        return self._archive(encode_manifest(copy, origin), parcel)

    async def arrive(
        self, workspace: WorkspaceId, session: SessionId | None, archive: AsyncIterator[bytes]
    ) -> SessionArrival:
        """Nothing is kept of an archive that turns out to be unusable."""
        reader = TarReader(archive)
        copy, origin = await _read_manifest(reader)
        info = await self._engine.info()
        session = session or SessionId(new_id("sess"))
        fits = origin is not None and _fits(origin, info)
        parcel_id = await self._receive(reader) if fits else None
        record = await self._copies.save(workspace, session, copy, is_twin=False)
        if parcel_id is None or origin is None:
            return SessionArrival(record, 0, _why_without_kv(origin, info))
        num_tokens = await self._unpack(parcel_id, origin, info, workspace, record, copy)
        return SessionArrival(record, num_tokens, None)

    async def _archive(self, manifest: bytes, parcel: Parcel) -> AsyncIterator[bytes]:
        entry = Entry(FILE, len(manifest))
        try:
            yield encode_entry(entry) + manifest + padding(entry)
            for file in parcel.files:
                entry = Entry(_KV_FOLDER + file.name, file.nbytes)
                yield encode_entry(entry)
                for offset in range(0, file.nbytes, PIECE_SIZE):
                    yield await self._pool.fetch(parcel.parcel_id, file.name, offset)
                yield padding(entry)
            yield END
        finally:
            await self._pool.close_parcel(parcel.parcel_id)

    async def _receive(self, reader: TarReader) -> str:
        parcel_id = await self._pool.open_parcel()
        try:
            while (entry := await reader.next_entry()) is not None:
                name, offset = entry.name.removeprefix(_KV_FOLDER), 0
                async for piece in reader.content(PIECE_SIZE):
                    await self._pool.put(parcel_id, name, offset, piece)
                    offset += len(piece)
        except BaseException:
            await self._pool.close_parcel(parcel_id)
            raise
        return parcel_id

    async def _unpack(
        self,
        parcel_id: str,
        origin: KvOrigin,
        info: EngineInfo,
        workspace: WorkspaceId,
        record: SessionRecord,
        copy: PortableSession,
    ) -> int:
        sequence = _owned(info, workspace, record.session_id, copy.sequence)
        try:
            return await self._pool.unpack(parcel_id, sequence, origin.root)
        except Exception:
            await self._copies.discard(workspace, record.session_id)
            await self._pool.close_parcel(parcel_id)
            raise


def _owned(
    info: EngineInfo, workspace: WorkspaceId, session: SessionId, tokens: TokenIds
) -> OwnedSequence:
    root = root_hash(info.fingerprint, info.kv_format, workspace)
    return OwnedSequence.of(info, root, tokens, block_owner(workspace, session))


def _fits(origin: KvOrigin, info: EngineInfo) -> bool:
    return (origin.fingerprint, origin.kv_format) == (info.fingerprint, info.kv_format)


def _why_without_kv(origin: KvOrigin | None, info: EngineInfo) -> str:
    if origin is None:
        return "The archive holds no KV: it is computed again on the next turn."
    return (
        f"The archive's KV was made by another model or KV format ({origin.kv_format}) than "
        f"'{info.model}' ({info.kv_format}) that is served here: it is computed again on the next "
        "turn."
    )


async def _read_manifest(reader: TarReader) -> tuple[PortableSession, KvOrigin | None]:
    entry = await reader.next_entry()
    if entry is None or entry.name != FILE or entry.nbytes > MAX_MANIFEST_BYTES:
        raise InvalidRequest(f"This is not an exported session: it does not begin with {FILE}.")
    manifest = b"".join([piece async for piece in reader.content(PIECE_SIZE)])
    return decode_manifest(manifest)
