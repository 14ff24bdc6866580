"""`BlockPool`: the actor around the register of one engine's blocks."""

import shutil
from array import array
from collections.abc import Callable, Sequence
from typing import TypeAlias

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.cache.import_room import Disk
from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lease import Lease, StoredBlock
from agent_memory.cache.lease_request import LeaseRequest
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.parcel_folder import Parcel, ParcelFolder
from agent_memory.cache.parcel_keeper import ParcelKeeper
from agent_memory.cache.pool_keeper import PoolKeeper
from agent_memory.cache.shelves import Shelves
from agent_memory.cache.stats import PoolStats
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, WorkspaceId
from agent_memory.settings import Settings
from agent_memory.telemetry import configure_logging

ShelvesOf: TypeAlias = Callable[[Settings], Shelves]
"""Opens the shelves, in the process that reads them: Ray imports this module wherever the pool is
called, and what reads a shelf takes a quarter of a second to import."""


class BlockPoolActor:
    """Owns one `PoolKeeper`, and the `ParcelKeeper` beside it: they say what each method does."""

    def __init__(self, config: RuntimeConfig, shelves_of: ShelvesOf) -> None:
        configure_logging("pool", config.settings.log_level, config.log_file("pool"))
        home, shelves = config.settings.home, shelves_of(config.settings)
        self._keeper = PoolKeeper(config.settings, shelves, EngineHandle(config.secret))
        folder = ParcelFolder(home / "travel")
        self._parcels = ParcelKeeper(self._keeper, shelves, folder, lambda: _disk(config.settings))

    async def meet(self, engine: KvEngine) -> None:
        await self._keeper.meet(engine)

    async def lease(self, request: LeaseRequest) -> Lease:
        return await self._keeper.lease(request)

    async def publish(
        self,
        engine: KvEngine,
        lease_id: LeaseId,
        blocks: Sequence[StoredBlock],
        bad_files: Sequence[str],
    ) -> None:
        await self._keeper.publish(engine, lease_id, blocks, bad_files)

    async def release_owner(self, owner: BlockOwner) -> None:
        await self._keeper.release_owner(owner)

    async def forget(self, sequence: OwnedSequence) -> tuple[BlockHash, ...]:
        return await self._keeper.forget(sequence)

    async def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence["array[int]"]
    ) -> tuple[BlockHash, ...]:
        return await self._keeper.erase(workspace, owner, sequences)

    async def adopt(self, sequence: OwnedSequence) -> int:
        return await self._keeper.adopt(sequence)

    async def pack(self, sequence: OwnedSequence) -> Parcel:
        return await self._parcels.pack(sequence)

    async def fetch(self, parcel_id: str, name: str, offset: int) -> bytes:
        return await self._parcels.fetch(parcel_id, name, offset)

    async def open_import(self, engine: KvEngine, root: BlockHash) -> str:
        return await self._parcels.open_import(engine, root)

    async def admit(self, parcel_id: str, name: str, num_bytes: int, num_tokens: int) -> None:
        await self._parcels.admit(parcel_id, name, num_bytes, num_tokens)

    async def put(self, parcel_id: str, name: str, offset: int, piece: bytes) -> None:
        await self._parcels.put(parcel_id, name, offset, piece)

    async def keep_parcel(self, parcel_id: str) -> None:
        await self._parcels.keep(parcel_id)

    async def unpack(self, parcel_id: str, sequence: OwnedSequence, old_root: BlockHash) -> int:
        return await self._parcels.unpack(parcel_id, sequence, old_root)

    async def close_parcel(self, parcel_id: str) -> None:
        await self._parcels.close(parcel_id)

    async def stats(self) -> PoolStats | None:
        return await self._keeper.stats()


def _disk(settings: Settings) -> Disk:
    usage = shutil.disk_usage(settings.home)
    return Disk(usage.total, usage.free)
