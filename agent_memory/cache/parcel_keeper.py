"""Parcels of blocks that leave the shelf with an export, or come to it with an import."""

import asyncio
import time
from collections.abc import Callable, Sequence

from agent_memory.cache.import_line import ImportLine
from agent_memory.cache.import_room import Disk, ImportRoom
from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lane import Lane
from agent_memory.cache.lease import CachedBlock
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.parcel_folder import Parcel, ParcelFolder
from agent_memory.cache.pool_keeper import PoolKeeper
from agent_memory.cache.shelves import Shelves
from agent_memory.ids import BlockHash, LeaseId, new_id

SWEEP_EVERY_S = 5.0


class ParcelKeeper:
    """Fills parcels from the pool's shelf and empties them onto it, in lanes of their own. Its
    methods are called in the keeper's event loop."""

    def __init__(
        self,
        keeper: PoolKeeper,
        shelves: Shelves,
        folder: ParcelFolder,
        disk: Callable[[], Disk],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keeper = keeper
        self._shelves = shelves
        self._folder = folder
        self._line = ImportLine()
        self._room = ImportRoom(disk, clock)
        self._arrivals = Lane("arrivals", 1)
        self._unpacking = Lane("unpacking", 2)
        self._departures = Lane("departures", 2)
        self._sweeping: asyncio.Task[None] | None = None

    async def pack(self, sequence: OwnedSequence) -> Parcel:
        """Copy what the shelf has of a sequence into a parcel, to be fetched."""
        engine = sequence.engine
        async with self._keeper.books:
            pool = self._keeper.kept.of(engine)
            bounds = engine.parcel_bounds(len(sequence.token_ids))
            blocks = pool.find_on_shelf(sequence.root, sequence.token_ids, bounds)
        return await self._departures.run(self._pack, engine, blocks)

    async def fetch(self, parcel_id: str, name: str, offset: int) -> bytes:
        """The piece of a file that begins at byte `offset`."""
        return await self._departures.run(self._folder.fetch, parcel_id, name, offset)

    async def open_import(self, engine: KvEngine, root: BlockHash) -> str:
        """A parcel to be filled for a workspace, when its turn has come. Raises `QueueFull`."""
        await self.sweep()
        await self._line.enter(root)
        try:
            async with self._keeper.books:
                pool = self._keeper.kept.of(engine)
            parcel_id = await self._arrivals.run(self._folder.open)
            self._room.begin(parcel_id, root, pool, engine.parcel_bounds)
            if self._sweeping is None or self._sweeping.done():
                self._sweeping = asyncio.create_task(self._sweep_often())
        except BaseException:
            self._line.leave(root)
            raise
        return parcel_id

    async def keep(self, parcel_id: str) -> None:
        """Its importer lives; to be said every few seconds while it has nothing to put."""
        self._room.keep(parcel_id)

    async def sweep(self) -> None:
        """Close the parcels whose importers have died, for others wait in line behind them."""
        for parcel_id in self._room.idle():
            await self.close(parcel_id)

    async def admit(self, parcel_id: str, name: str, num_bytes: int, num_tokens: int) -> None:
        """Make room for a file of a parcel; see `ImportRoom.admit`."""
        self._folder.check_name(name)
        async with self._keeper.books:
            self._room.admit(parcel_id, name, num_bytes, num_tokens)
            self._keeper.kept.make_others_give_way()

    async def put(self, parcel_id: str, name: str, offset: int, piece: bytes) -> None:
        """Write a piece of a file that was admitted."""
        self._room.check_piece(parcel_id, name, offset, len(piece))
        await self._arrivals.run(self._folder.put, parcel_id, name, offset, piece)

    async def unpack(self, parcel_id: str, sequence: OwnedSequence, old_root: BlockHash) -> int:
        """Put a parcel's blocks on the shelf and give them to a session; returns how many tokens
        of its sequence they hold."""
        folder = self._folder.folder(parcel_id)
        self._room.is_whole(parcel_id)
        async with self._keeper.books:
            known = self._keeper.kept.of(sequence.engine).files
        unpack = self._shelves.unpack
        stored = await self._unpacking.run(unpack, folder, sequence, old_root, known)
        await self.close(parcel_id)
        await self._keeper.publish(sequence.engine, LeaseId(new_id("lease")), stored, ())
        return await self._keeper.adopt(sequence)

    async def close(self, parcel_id: str) -> None:
        """Throw a parcel away; whoever waits for its place gets it."""
        if (root := self._room.end(parcel_id)) is not None:
            self._line.leave(root)
        await self._arrivals.run(self._folder.close, parcel_id)

    async def _sweep_often(self) -> None:
        while not self._room.is_empty:
            await asyncio.sleep(SWEEP_EVERY_S)
            await self.sweep()

    def _pack(self, engine: KvEngine, blocks: Sequence[CachedBlock]) -> Parcel:
        parcel_id = self._folder.open()
        self._shelves.pack(engine, blocks, self._folder.folder(parcel_id))
        return self._folder.describe(parcel_id)
