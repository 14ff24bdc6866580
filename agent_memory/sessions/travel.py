"""Sessions that fork, leave and arrive, with their KV."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lane import Lane
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.parcel_folder import PIECE_SIZE, Parcel
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvalidRequest, Unavailable
from agent_memory.ids import SessionId, WorkspaceId, block_owner, new_id
from agent_memory.sessions.archive.manifest import (
    FILE,
    MAX_BYTES,
    KvOrigin,
    Manifest,
    Reader,
    decode_manifest,
    encode_manifest,
)
from agent_memory.sessions.archive.tar_stream import END, Entry, TarReader, encode_entry, padding
from agent_memory.store.session_copies import SessionCopies
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.transcript import SessionArrival, SessionRecord

log = logging.getLogger(__name__)

PIECE_TIMEOUT_S = 60.0
"""The manifest, and each piece of a KV file, has to come within this time: others wait in line."""
_KV_FOLDER = "kv/"


class SessionTravel:
    """Implements `api.runtime.Travel`."""

    def __init__(self, copies: SessionCopies, pool: PoolHandle, engine: EngineHandle) -> None:
        self._copies = copies
        self._pool = pool
        self._engine = engine
        self._manifests = Lane("manifests", 1)

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
        await self._adopt(workspace, fork, copy.sequence)
        return record

    async def export(self, workspace: WorkspaceId, session: SessionId) -> AsyncIterator[bytes]:
        """The archive, piece by piece; `NotFound` is raised before the first. Without an engine it
        holds no KV."""
        copy = await self._copies.load(workspace, session)
        packed = await self._pack(workspace, session, copy.sequence)
        origin = None if packed is None else packed.origin
        manifest = await self._manifests.run(encode_manifest, copy, origin)
        return self._archive(manifest, packed)

    async def arrive(
        self, workspace: WorkspaceId, session: SessionId | None, archive: AsyncIterator[bytes]
    ) -> SessionArrival:
        """Nothing is kept of an archive that turns out to be unusable."""
        info = await self._engine.info()
        root = root_hash(info.fingerprint, info.kv_format, workspace)
        parcel_id = await self._pool.open_import(info, root)
        try:
            reader = TarReader(archive)
            manifest = await self._read_manifest(reader, info)
            arrived = _Arrived(parcel_id, manifest, info, workspace)
            return await self._take_in(reader, arrived, session or SessionId(new_id("sess")))
        finally:
            await self._pool.close_parcel(parcel_id)

    async def _adopt(self, workspace: WorkspaceId, fork: SessionId, tokens: TokenIds) -> None:
        """Count the blocks as the fork's too. Its turns find them by their tokens in any case."""
        try:
            info = await self._engine.info()
            await self._pool.adopt(_owned(info, workspace, fork, tokens))
        except Unavailable as error:
            log.info("a fork has no blocks of its own", extra={"reason": str(error)})

    async def _pack(
        self, workspace: WorkspaceId, session: SessionId, tokens: TokenIds
    ) -> "_Packed | None":
        try:
            info = await self._engine.info()
            sequence = _owned(info, workspace, session, tokens)
            parcel = await self._pool.pack(sequence)
        except Unavailable as error:
            log.info("a session is exported without KV", extra={"reason": str(error)})
            return None
        return _Packed(parcel, KvOrigin(info.fingerprint, info.kv_format, sequence.root))

    async def _take_in(
        self, reader: TarReader, arrived: "_Arrived", session: SessionId
    ) -> SessionArrival:
        manifest, info = arrived.manifest, arrived.info
        origin = manifest.origin
        if origin is None or not _fits(origin, info):
            record = await self._save(arrived, session)
            return SessionArrival(record, 0, _why_without_kv(origin, info))
        await self._receive(reader, arrived)
        record = await self._save(arrived, session)
        sequence = _owned(info, arrived.workspace, session, manifest.sequence)
        try:
            num_tokens = await self._pool.unpack(arrived.parcel_id, sequence, origin.root)
        except BaseException:
            await self._copies.discard(arrived.workspace, session)
            raise
        return SessionArrival(record, num_tokens, None)

    async def _save(self, arrived: "_Arrived", session: SessionId) -> SessionRecord:
        copy = arrived.manifest.session
        return await self._copies.save(arrived.workspace, session, copy, is_twin=False)

    async def _read_manifest(self, reader: TarReader, info: EngineInfo) -> Manifest:
        async with _in_time():
            entry = await reader.next_entry()
            if entry is None or entry.name != FILE:
                message = f"This is not an exported session: it does not begin with {FILE}."
                raise InvalidRequest(message)
            if entry.nbytes > MAX_BYTES:
                message = f"{FILE} has {entry.nbytes} bytes; the limit is {MAX_BYTES}."
                raise InvalidRequest(message)
            encoded = b"".join([piece async for piece in reader.content(PIECE_SIZE)])
        known = Reader(info.fingerprint, info.context_window, info.num_token_ids)
        return await self._manifests.run(decode_manifest, encoded, known)

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
            entry = Entry(_KV_FOLDER + file.name, file.nbytes)
            yield encode_entry(entry)
            for offset in range(0, file.nbytes, PIECE_SIZE):
                yield await self._pool.fetch(parcel.parcel_id, file.name, offset)
            yield padding(entry)

    async def _receive(self, reader: TarReader, arrived: "_Arrived") -> None:
        num_tokens = len(arrived.manifest.sequence)
        while (entry := await _next_entry(reader)) is not None:
            name, offset = entry.name.removeprefix(_KV_FOLDER), 0
            await self._pool.admit(arrived.parcel_id, name, entry.nbytes, num_tokens)
            async for piece in _pieces(reader):
                await self._pool.put(arrived.parcel_id, name, offset, piece)
                offset += len(piece)


@dataclass(frozen=True, slots=True)
class _Packed:
    """The blocks of a session that goes out, and where they come from."""

    parcel: Parcel
    origin: KvOrigin


@dataclass(frozen=True, slots=True)
class _Arrived:
    """What is known of a session that comes in once its manifest is read."""

    parcel_id: str
    manifest: Manifest
    info: EngineInfo
    workspace: WorkspaceId


@contextlib.asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PIECE_TIMEOUT_S):
            yield
    except TimeoutError as error:
        raise InvalidRequest(
            "The archive comes too slowly: 4 MiB a minute is the least."
        ) from error


async def _next_entry(reader: TarReader) -> Entry | None:
    async with _in_time():
        return await reader.next_entry()


async def _pieces(reader: TarReader) -> AsyncIterator[bytes]:
    pieces = reader.content(PIECE_SIZE)
    while True:
        async with _in_time():
            piece = await anext(pieces, b"")
        if not piece:
            return
        yield piece


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
