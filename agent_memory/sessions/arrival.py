"""Sessions that come from elsewhere, with their KV."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lane import Lane
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.parcel_folder import PIECE_SIZE
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvalidRequest, NotFound, Unavailable
from agent_memory.ids import BlockHash, SessionId, WorkspaceId, block_owner
from agent_memory.sessions.archive.manifest import (
    FILE,
    MAX_BYTES,
    NO_MODEL,
    KvOrigin,
    Manifest,
    Reader,
    decode_manifest,
)
from agent_memory.sessions.archive.tar_stream import Entry, TarReader
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.transcript import SessionArrival, SessionRecord

log = logging.getLogger(__name__)

PIECE_TIMEOUT_S = 60.0
"""The manifest, and each piece of a KV file, has to come within this time: others wait in line."""
KEEP_EVERY_S = 4.0
KV_FOLDER = "kv/"


class SessionKeeping(Protocol):
    """The store of sessions, which takes one in whole."""

    async def save(
        self, workspace: WorkspaceId, session: SessionId, copy: PortableSession, /, *, is_twin: bool
    ) -> SessionRecord: ...

    async def discard(self, workspace: WorkspaceId, session: SessionId) -> None: ...


class IncomingBlocks(Protocol):
    """The pool, which takes blocks in by parcels (see `cache.parcel_keeper`)."""

    async def open_import(self, engine: EngineInfo, root: BlockHash) -> str: ...

    async def admit(self, parcel_id: str, name: str, num_bytes: int, num_tokens: int) -> None: ...

    async def put(self, parcel_id: str, name: str, offset: int, piece: bytes) -> None: ...

    async def keep_parcel(self, parcel_id: str) -> None: ...

    async def unpack(self, parcel_id: str, sequence: OwnedSequence, old_root: BlockHash) -> int: ...

    async def close_parcel(self, parcel_id: str) -> None: ...


class Arrivals:
    """Takes archives in. Nothing is kept of one that turns out to be unusable."""

    def __init__(self, store: SessionKeeping, pool: IncomingBlocks, manifests: Lane) -> None:
        self._store = store
        self._pool = pool
        self._manifests = manifests

    async def with_kv(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        archive: AsyncIterator[bytes],
        info: EngineInfo,
    ) -> SessionArrival:
        """The session, and its blocks where the engine can read them."""
        root = root_hash(info.fingerprint, info.kv_format, workspace)
        parcel_id = await self._pool.open_import(info, root)
        keeping = asyncio.create_task(self._keep(parcel_id))
        try:
            reader = TarReader(archive)
            known = Reader(info.fingerprint, info.context_window, info.num_token_ids)
            manifest = await self._read_manifest(reader, known)
            arrived = _Arrived(parcel_id, manifest, info, workspace)
            return await self._take_in(reader, arrived, session)
        finally:
            keeping.cancel()
            await self._pool.close_parcel(parcel_id)

    async def _keep(self, parcel_id: str) -> None:
        """Say that this process lives, for as long as it does."""
        with contextlib.suppress(NotFound):  # Its next piece will be told.
            while True:
                await asyncio.sleep(KEEP_EVERY_S)
                with contextlib.suppress(Unavailable):
                    await self._pool.keep_parcel(parcel_id)

    async def without_engine(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        archive: AsyncIterator[bytes],
        reason: Unavailable,
    ) -> SessionArrival:
        """The session by its words alone: whether a model knows its tokens cannot be told without
        that model, so they are left out, and the next turn reads the words again."""
        manifest = await self._read_manifest(TarReader(archive), NO_MODEL)
        words = manifest.session.without_traces()
        record = await self._store.save(workspace, session, words, is_twin=False)
        log.info("a session is imported without KV", extra={"reason": str(reason)})
        note = f"It is computed again on its next turn, because no engine runs now: {reason}"
        return SessionArrival(record, 0, note)

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
        sequence = owned_sequence(info, arrived.workspace, session, manifest.sequence)
        try:
            num_tokens = await self._pool.unpack(arrived.parcel_id, sequence, origin.root)
        except BaseException:
            await self._store.discard(arrived.workspace, session)
            raise
        return SessionArrival(record, num_tokens, None)

    async def _save(self, arrived: "_Arrived", session: SessionId) -> SessionRecord:
        copy = arrived.manifest.session
        return await self._store.save(arrived.workspace, session, copy, is_twin=False)

    async def _read_manifest(self, reader: TarReader, known: Reader) -> Manifest:
        async with _in_time():
            entry = await reader.next_entry()
            if entry is None or entry.name != FILE:
                message = f"This is not an exported session: it does not begin with {FILE}."
                raise InvalidRequest(message)
            if entry.nbytes > MAX_BYTES:
                message = f"{FILE} has {entry.nbytes} bytes; the limit is {MAX_BYTES}."
                raise InvalidRequest(message)
            encoded = b"".join([piece async for piece in reader.content(PIECE_SIZE)])
        return await self._manifests.run(decode_manifest, encoded, known)

    async def _receive(self, reader: TarReader, arrived: "_Arrived") -> None:
        num_tokens = len(arrived.manifest.sequence)
        while (entry := await _next_entry(reader)) is not None:
            name, offset = entry.name.removeprefix(KV_FOLDER), 0
            await self._pool.admit(arrived.parcel_id, name, entry.nbytes, num_tokens)
            async for piece in _pieces(reader):
                await self._pool.put(arrived.parcel_id, name, offset, piece)
                offset += len(piece)


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


def owned_sequence(
    info: EngineInfo, workspace: WorkspaceId, session: SessionId, tokens: TokenIds
) -> OwnedSequence:
    """The tokens of a session, as the blocks of `info`'s model hold them."""
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
