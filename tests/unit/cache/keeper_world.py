"""A keeper with what is around it in memory: shelves, an engine and a clock."""

import threading
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.import_room import Disk
from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lease import CachedBlock, StoredBlock
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.parcel_folder import ParcelFolder
from agent_memory.cache.parcel_keeper import ParcelKeeper
from agent_memory.cache.pool_keeper import PoolKeeper
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.shelf_entry import ShelfEntry
from agent_memory.errors import EngineUnavailable
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, WorkspaceId
from agent_memory.settings import MIB, Settings
from agent_memory.testing.engine import INFO

ENGINE = replace(INFO, bytes_per_token=MIB, block_size=4)
ROOT = root_hash(ENGINE.fingerprint, ENGINE.kv_format, "w")


@dataclass
class DictShelf:
    """Files by name. ahead: what was read ahead, and up to how many bytes."""

    files: dict[str, ShelfEntry] = field(default_factory=dict)
    ahead: list[tuple[list[str], int]] = field(default_factory=list)

    def put(self, block: StoredBlock, owner: str = "") -> None:
        """As an engine that has written one block."""
        assert block.file is not None
        self.files[block.file] = ShelfEntry(block.file, (block,), block.nbytes, 0.0, owner)

    def scan(self, known: Container[str] = ()) -> list[ShelfEntry]:
        return [entry for file, entry in self.files.items() if file not in known]

    def read_ahead(self, entries: Iterable[ShelfEntry], num_bytes: int) -> None:
        self.ahead.append(([entry.file for entry in entries], num_bytes))

    def delete(self, file: str) -> None:
        self.files.pop(file, None)


@dataclass
class OtherShelves:
    """own: the model that these are not of."""

    own: KvEngine | None
    rooms: list[tuple[int, int]] = field(default_factory=list)
    erased: list[tuple[str, str, list[tuple[int, ...]]]] = field(default_factory=list)

    def make_room(self, num_own: int, budget: int) -> int:
        self.rooms.append((num_own, budget))
        return 0

    def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence[Sequence[int]]
    ) -> None:
        self.erased.append((workspace, owner, [tuple(tokens) for tokens in sequences]))


class DictShelves:
    """A shelf for each model. `unpack` ends when `is_over`, with the blocks `arriving`. packed,
    unpacked: what it was asked to."""

    def __init__(self) -> None:
        self.shelves: dict[str, DictShelf] = {}
        self.asked: list[OtherShelves] = []
        self.packed: list[tuple[KvEngine, list[str]]] = []
        self.unpacked: list[tuple[OwnedSequence, BlockHash, set[str]]] = []
        self.arriving: tuple[StoredBlock, ...] = ()
        self.is_over = threading.Event()
        self.has_forgotten = threading.Event()

    def forget_keys(self) -> None:
        self.has_forgotten.set()

    def of(self, engine: KvEngine) -> DictShelf:
        return self.shelves.setdefault(engine.fingerprint, DictShelf())

    def others(self, own: KvEngine | None) -> OtherShelves:
        self.asked.append(OtherShelves(own))
        return self.asked[-1]

    def pack(self, engine: KvEngine, blocks: Sequence[CachedBlock], parcel: Path) -> None:
        self.packed.append((engine, [block.hash for block in blocks]))
        for block in blocks:
            (parcel / f"{block.hash}.safetensors").write_bytes(b"kv")

    def unpack(
        self, parcel: Path, sequence: OwnedSequence, old_root: BlockHash, known: Container[str]
    ) -> tuple[StoredBlock, ...]:
        assert parcel.is_dir()
        assert self.is_over.wait(30)
        known_here = {
            entry.file for entry in self.of(sequence.engine).scan() if entry.file in known
        }
        self.unpacked.append((sequence, old_root, known_here))
        return self.arriving


class ScriptedEngine:
    """preempted: whose room it was asked for. dropped: what it was told to forget."""

    def __init__(self) -> None:
        self.preempted: list[LeaseId] = []
        self.dropped: list[BlockHash] = []
        self.is_there = True

    async def preempt(self, lease_ids: Sequence[LeaseId]) -> None:
        if not self.is_there:
            raise EngineUnavailable("The engine restarts.")
        self.preempted.extend(lease_ids)

    async def drop(self, hashes: Sequence[BlockHash]) -> None:
        if not self.is_there:
            raise EngineUnavailable("The engine restarts.")
        self.dropped.extend(hashes)

    async def rates(self) -> Rates:
        if not self.is_there:
            raise EngineUnavailable("The engine restarts.")
        return Rates(1.0, 2.0)


class World:
    """16 MiB of room in the engine, and as many on the shelf; a token has 1 MiB."""

    def __init__(self, folder: Path, max_waiting: int = 8) -> None:
        settings = Settings(
            data_dir=folder,
            resident_budget=16 * MIB,
            shelf_budget=16 * MIB,
            max_waiting=max_waiting,
        )
        self.shelves = DictShelves()
        self.engine = ScriptedEngine()
        self.now = 0.0
        self.keeper = PoolKeeper(settings, self.shelves, self.engine)
        self.parcels = ParcelKeeper(
            self.keeper,
            self.shelves,
            ParcelFolder(folder / "travel"),
            lambda: Disk(2**40, 2**40),
            lambda: self.now,
        )
