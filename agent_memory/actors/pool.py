"""`BlockPool`: the actor around the register of one engine's blocks."""

import asyncio
import contextlib
import importlib
import logging
import shutil
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.kv_traffic import KvTraffic, Parcel
from agent_memory.cache.hashing import root_hash
from agent_memory.cache.import_line import ImportLine
from agent_memory.cache.import_room import Disk, ImportRoom
from agent_memory.cache.lane import Lane
from agent_memory.cache.lease import CachedBlock, Lease, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.shelf_entry import ShelfEntry
from agent_memory.cache.stats import PoolStats
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.usher import Plea, Usher
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvariantBroken, PoolLost, QueueFull, Unavailable
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, RequestId, WorkspaceId, new_id
from agent_memory.telemetry import configure_logging, request_id_var

if TYPE_CHECKING:
    from agent_memory.device.shelf.other_models import OtherModels
    from agent_memory.device.shelf.shelf import Shelf

log = logging.getLogger(__name__)

SERVE_EVERY_S = 0.25
"""While turns wait, time alone may change whose turn it is."""

LEARN_EVERY_S = 60.0
"""How often the engine is asked, after a turn, how fast it has been."""


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """What a session asks of the pool. `prompt_tokens` is an array of unsigned 32-bit ids."""

    engine: EngineInfo
    root: BlockHash
    prompt_tokens: "array[int]"
    num_reserved_tokens: int
    lease_id: LeaseId
    owner: BlockOwner
    request_id: RequestId
    terms: LeaseTerms = LeaseTerms()  # noqa: RUF009  frozen value

    @property
    def plea(self) -> Plea:
        return Plea(
            self.root,
            self.prompt_tokens,
            self.num_reserved_tokens,
            self.lease_id,
            self.owner,
            self.terms,
        )


@dataclass(frozen=True, slots=True)
class OwnedSequence:
    """Tokens of a session: what its blocks hold, or a beginning of that."""

    engine: EngineInfo
    root: BlockHash
    token_ids: "array[int]"
    owner: BlockOwner

    @classmethod
    def of(
        cls, engine: EngineInfo, root: BlockHash, token_ids: Sequence[int], owner: BlockOwner
    ) -> "OwnedSequence":
        return cls(engine, root, array("I", token_ids), owner)


class BlockPoolActor:
    """Owns one `BlockPool` and lets sessions wait for room in it, as its `Usher` says.

    The pool is made when somebody tells which engine it stands beside, and filled from that
    engine's shelf. When another model takes the engine, another pool takes its place; what the
    former knew lies on the shelf.
    """

    def __init__(self, config: RuntimeConfig) -> None:
        configure_logging("pool", config.settings.log_level, config.log_file("pool"))
        self._settings = config.settings
        self._pool: BlockPool | None = None
        self._engine: EngineInfo | None = None
        self._others: OtherModels | None = None
        self._usher: Usher | None = None
        self._books = asyncio.Lock()
        self._answers: dict[LeaseId, asyncio.Future[Lease]] = {}
        self._serving: asyncio.Task[None] | None = None
        self._preempting: set[asyncio.Task[None]] = set()
        self._num_room_waits = 0
        self._room_wait_s = 0.0
        self._engine_handle = EngineHandle(config.secret)
        self._learned_at = time.monotonic()
        self._learning: asyncio.Task[None] | None = None
        self._reading_ahead: asyncio.Task[None] | None = None
        self._traffic = KvTraffic(config.settings.home / "travel")
        self._importing = ImportLine()
        self._import_room = ImportRoom(self._disk, time.monotonic)
        self._arrivals = Lane("arrivals", 1)
        self._unpacking = Lane("unpacking", 2)
        self._departures = Lane("departures", 2)
        # What reads the shelf takes a quarter of a second to import: it is for the pool's process
        # alone. Ray imports this class wherever the pool is called, at the first call.
        self._parcels = importlib.import_module("agent_memory.device.shelf.parcel")
        self._shelf_type: type[Shelf] = importlib.import_module(
            "agent_memory.device.shelf.shelf"
        ).Shelf
        self._others_type: type[OtherModels] = importlib.import_module(
            "agent_memory.device.shelf.other_models"
        ).OtherModels

    async def meet(self, engine: EngineInfo) -> None:
        """Make the pool of this engine now, not when a turn waits for it."""
        async with self._books:
            if self._pool is None:
                # In a thread: a full shelf takes seconds, and others ask whether the pool is well.
                self._pool_of(engine, await asyncio.to_thread(self._shelf_of(engine).scan))

    async def lease(self, request: LeaseRequest) -> Lease:
        """A lease, as soon as there is room. Raises `QueueFull` when too many wait already."""
        async with self._books:
            answer = self._ask(request)
        if not answer.done():
            await self._wait_for_room(request.lease_id, answer)
        lease = answer.result()
        request_id_var.set(request.request_id)
        log.info("leased", extra={"owner": request.owner, "num_cached": lease.num_cached_tokens})
        return lease

    async def publish(
        self,
        engine: EngineInfo,
        lease_id: LeaseId,
        blocks: Sequence[StoredBlock],
        bad_files: Sequence[str],
    ) -> None:
        async with self._books:
            if self._is_of_former_model(engine):
                return  # What it has written is on the shelf, and is found when it is loaded again.
            pool = self._pool_of(engine)
            pool.publish(lease_id, blocks, bad_files)
            self._make_others_give_way(pool)
            self._serve()
        if time.monotonic() - self._learned_at > LEARN_EVERY_S:
            self._learned_at = time.monotonic()
            self._learning = asyncio.create_task(self._learn())

    async def release_owner(self, owner: BlockOwner) -> None:
        """The session's process is gone: all its leases are free."""
        async with self._books:
            if self._pool is not None and self._usher is not None:
                self._turn_away(self._usher.withdraw_owner(owner), "its process is gone")
                self._pool.release_owner(owner)
                self._serve()

    async def forget(self, sequence: OwnedSequence) -> tuple[BlockHash, ...]:
        """Erase what only this session used; returns what the engine shall drop now."""
        async with self._books:
            pool = self._pool_of(sequence.engine)
            strays = await asyncio.to_thread(self._shelf_of(sequence.engine).scan, pool.files)
            files = pool.adopt_shelf(strays)
            files += pool.forget_owner(sequence.owner)
            files += pool.forget_sequence(sequence.owner, sequence.root, sequence.token_ids)
            for file in set(files):
                with contextlib.suppress(FileNotFoundError):
                    await asyncio.to_thread(self._shelf_of(sequence.engine).delete, file)
            self._serve()
            # Turns whose process died before it told of them left these, in memory as well.
            own = [entry for entry in strays if entry.owner == sequence.owner]
            left = pool.unknown_of(block.hash for entry in own for block in entry.blocks)
            return (*pool.take_evictions(), *left)

    async def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence["array[int]"]
    ) -> tuple[BlockHash, ...]:
        """`forget` a whole session, whichever models it has talked to. Without a loaded model only
        the shelf has something to forget."""
        dropped: list[BlockHash] = []
        if (engine := self._engine) is not None:
            root = root_hash(engine.fingerprint, engine.kv_format, workspace)
            # Without a finished turn there may be what a cancelled one has left.
            for tokens in sequences or (array("I"),):
                dropped += await self.forget(OwnedSequence(engine, root, tokens, owner))
        async with self._books:
            own = None if engine is None else self._shelf_of(engine).namespace
            others = self._others_type(self._shelf_folder, own, self._settings.shelf_key_bytes)
            await asyncio.to_thread(others.erase, workspace, owner, sequences)
        return tuple(dropped)

    async def adopt(self, sequence: OwnedSequence) -> int:
        """A session begins with blocks that are here; returns how many tokens they hold."""
        async with self._books:
            pool = self._pool_of(sequence.engine)
            return pool.adopt_sequence(sequence.owner, sequence.root, sequence.token_ids)

    async def pack(self, sequence: OwnedSequence) -> Parcel:
        """Copy what the shelf has of a sequence into a parcel, to be fetched."""
        async with self._books:
            pool = self._pool_of(sequence.engine)
            bounds = sequence.engine.parcel_bounds(len(sequence.token_ids))
            blocks = pool.find_on_shelf(sequence.root, sequence.token_ids, bounds)
        return await self._departures.run(self._pack, self._shelf_of(sequence.engine), blocks)

    async def fetch(self, parcel_id: str, name: str, offset: int) -> bytes:
        return await self._departures.run(self._traffic.fetch, parcel_id, name, offset)

    async def open_import(self, engine: EngineInfo, root: BlockHash) -> str:
        """A parcel to be filled for a workspace, when its turn has come. Raises `QueueFull`."""
        for parcel_id in self._import_room.idle():
            await self.close_parcel(parcel_id)
        await self._importing.enter(root)
        try:
            async with self._books:
                pool = self._pool_of(engine)
            parcel_id = await self._arrivals.run(self._traffic.open)
            self._import_room.begin(parcel_id, root, pool, engine.parcel_bounds)
        except BaseException:
            self._importing.leave(root)
            raise
        return parcel_id

    async def admit(self, parcel_id: str, name: str, num_bytes: int, num_tokens: int) -> None:
        """Make room for a file of a parcel; see `ImportRoom.admit`."""
        self._traffic.check_name(name)
        async with self._books:
            self._import_room.admit(parcel_id, name, num_bytes, num_tokens)
            if self._pool is not None:
                self._make_others_give_way(self._pool)

    async def put(self, parcel_id: str, name: str, offset: int, piece: bytes) -> None:
        self._import_room.check_piece(parcel_id, name, offset, len(piece))
        await self._arrivals.run(self._traffic.put, parcel_id, name, offset, piece)

    async def unpack(self, parcel_id: str, sequence: OwnedSequence, old_root: BlockHash) -> int:
        """Put a parcel's blocks on the shelf and give them to a session; returns how many tokens
        of its sequence they hold."""
        engine = sequence.engine
        folder, shelf = self._traffic.folder(parcel_id), self._shelf_of(engine)
        self._import_room.is_whole(parcel_id)
        async with self._books:
            known = self._pool_of(engine).files
        destination = self._parcels.Destination(engine, old_root, sequence.root, sequence.token_ids)
        unpack = self._parcels.unpack
        stored = await self._unpacking.run(unpack, folder, shelf, destination, known)
        await self.close_parcel(parcel_id)
        await self.publish(engine, LeaseId(new_id("lease")), stored, ())
        return await self.adopt(sequence)

    async def close_parcel(self, parcel_id: str) -> None:
        if (root := self._import_room.end(parcel_id)) is not None:
            self._importing.leave(root)
        await self._arrivals.run(self._traffic.close, parcel_id)

    async def stats(self) -> PoolStats | None:
        if self._pool is None:
            return None
        return replace(
            self._pool.stats(),
            num_waiting=self._usher.num_waiting if self._usher is not None else 0,
            num_room_waits=self._num_room_waits,
            room_wait_s=self._room_wait_s,
        )

    def _pack(self, shelf: "Shelf", blocks: Sequence[CachedBlock]) -> Parcel:
        parcel_id = self._traffic.open()
        self._parcels.pack(shelf, blocks, self._traffic.folder(parcel_id))
        return self._traffic.describe(parcel_id)

    def _disk(self) -> Disk:
        usage = shutil.disk_usage(self._settings.home)
        return Disk(usage.total, usage.free)

    def _ask(self, request: LeaseRequest) -> asyncio.Future[Lease]:
        """The answer to a request, which may take its time."""
        self._pool_of(request.engine)
        usher = self._usher
        if usher is None:
            raise InvariantBroken("a pool has no usher")
        self._turn_away((request.lease_id,), "a newer request superseded it")
        usher.ask(request.plea)
        answer = self._answers[request.lease_id] = asyncio.get_running_loop().create_future()
        self._serve()
        is_too_long = usher.num_waiting > self._settings.max_waiting
        if not answer.done() and is_too_long and not request.terms.has_begun:
            usher.withdraw(request.lease_id)
            del self._answers[request.lease_id]
            raise QueueFull(usher.num_waiting, retry_after_s=2)
        return answer

    async def _wait_for_room(self, lease_id: LeaseId, answer: asyncio.Future[Lease]) -> None:
        started_at = time.monotonic()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve_in_time())
        try:
            await answer
        finally:
            if self._answers.get(lease_id) is answer and self._usher is not None:
                del self._answers[lease_id]  # Whoever asked does not wait any more.
                self._usher.withdraw(lease_id)
            self._num_room_waits += 1
            self._room_wait_s += time.monotonic() - started_at

    async def _serve_in_time(self) -> None:
        while self._answers:
            await asyncio.sleep(SERVE_EVERY_S)
            async with self._books:
                self._serve()

    def _serve(self) -> None:
        """Give room to those whose turn it is, and have others make some."""
        if (usher := self._usher) is None:
            return
        for lease in usher.serve():
            answer = self._answers.pop(lease.lease_id)
            if not answer.done():
                answer.set_result(lease)
        if victims := usher.take_victims():
            log.info("turns are interrupted", extra={"num": len(victims)})
            task = asyncio.create_task(self._preempt(victims))
            self._preempting.add(task)
            task.add_done_callback(self._preempting.discard)

    def _turn_away(self, lease_ids: Sequence[LeaseId], why: str) -> None:
        for lease_id in lease_ids:
            answer = self._answers.pop(lease_id, None)
            if answer is not None and not answer.done():
                answer.set_exception(PoolLost(f"The lease cannot be granted: {why}."))

    async def _preempt(self, lease_ids: Sequence[LeaseId]) -> None:
        try:
            await self._engine_handle.preempt(lease_ids)
        except Unavailable as error:
            # An engine that died holds no room any more, and what else was missed is asked again.
            log.warning("turns not interrupted", extra={"error": str(error)})

    async def _learn(self) -> None:
        """Evict by what things cost on this machine."""
        try:
            stats = await self._engine_handle.stats()
        except Unavailable:
            return  # The engine restarts; what was learnt before holds meanwhile.
        known, shelf = Rates(), stats.shelf
        prefill = stats.prefill_tokens_per_s or known.prefill_tokens_per_s
        reading = known.shelf_bytes_per_s
        if shelf.reading.total_s > 0 and shelf.bytes_read > 0:
            reading = shelf.bytes_read / shelf.reading.total_s
        if self._pool is not None:
            self._pool.learn(Rates(prefill, reading))

    def _pool_of(
        self, engine: EngineInfo, entries: Sequence[ShelfEntry] | None = None
    ) -> BlockPool:
        """The pool of this engine; one that restarted has nothing resident any more. `entries` of
        its shelf, if that has been looked through. Raises `PoolLost` to whoever has yet to hear
        that another model is loaded."""
        known = self._engine
        if self._is_of_former_model(engine):
            raise PoolLost("Another model was loaded in the meantime.")
        if self._pool is None or known is None or not _is_same_kv(known, engine):
            self._pool = self._make(
                engine, self._shelf_of(engine).scan() if entries is None else entries
            )
            self._turn_away(tuple(self._answers), "another model is served now")
            self._usher = Usher(self._pool)
        elif known.incarnation != engine.incarnation:
            if engine.loaded_at < known.loaded_at:
                return self._pool
            self._pool.reset_resident(engine.incarnation)
        self._engine = engine
        return self._pool

    def _is_of_former_model(self, engine: EngineInfo) -> bool:
        known = self._engine
        if known is None or _is_same_kv(known, engine):
            return False
        return engine.loaded_at < known.loaded_at

    def _make_others_give_way(self, pool: BlockPool) -> None:
        if self._others is not None:
            self._others.make_room(pool.shelf_need, self._settings.shelf_budget)

    def _make(self, engine: EngineInfo, entries: Sequence[ShelfEntry]) -> BlockPool:
        settings = self._settings
        shelf = self._shelf_of(engine)
        pool = BlockPool(
            engine.block_size,
            engine.bytes_per_token,
            settings.resident_budget,
            settings.shelf_budget,
            time.time,
            at_rest_budget=settings.at_rest_budget,
            has_snapshots=engine.has_snapshots,
        )
        pool.reset_resident(engine.incarnation)
        # After a restart of the machine sessions that were used lately would wait for the disk.
        self._reading_ahead = asyncio.create_task(
            asyncio.to_thread(shelf.read_ahead, entries, settings.resident_budget)
        )
        for file in pool.adopt_shelf(entries):
            shelf.delete(file)
        self._others = self._others_type(
            self._shelf_folder, shelf.namespace, self._settings.shelf_key_bytes
        )
        self._make_others_give_way(pool)
        return pool

    def _shelf_of(self, engine: EngineInfo) -> "Shelf":
        key = self._settings.shelf_key_bytes
        return self._shelf_type(self._shelf_folder, engine.fingerprint, engine.kv_format, key)

    @property
    def _shelf_folder(self) -> Path:
        return self._settings.home / "shelf"


def _is_same_kv(one: EngineInfo, other: EngineInfo) -> bool:
    return (one.fingerprint, one.kv_format) == (other.fingerprint, other.kv_format)
