"""The shelves on the engine's disk, as those who keep a pool use them: one for every model."""

from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lease import CachedBlock, StoredBlock
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.shelf_entry import ShelfEntry
from agent_memory.ids import BlockHash, BlockOwner, WorkspaceId


class Shelf(Protocol):
    """The files of one model's blocks. Safe to use from several threads."""

    def scan(self, known: Container[str] = ()) -> list[ShelfEntry]:
        """Every usable file but the `known` ones; blocks."""
        ...

    def read_ahead(self, entries: Iterable[ShelfEntry], num_bytes: int) -> None:
        """Have the system hold the files that were used last, up to so many bytes; blocks."""
        ...

    def delete(self, file: str) -> None:
        """Delete a file. One that is gone already is no matter."""
        ...


class OtherModels(Protocol):
    """What lies on the shelves of all models but one."""

    def make_room(self, num_own: int, budget: int) -> int:
        """Delete files until theirs and `num_own` bytes of that one fit into `budget`; returns how
        many."""
        ...

    def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence[Sequence[int]]
    ) -> None:
        """Delete what a deleted session computed, and what holds these sequences of it."""
        ...


class Shelves(Protocol):
    def forget_keys(self) -> None:
        """Erase the fading keys whose time has come, and all files that they have sealed."""
        ...

    def of(self, engine: KvEngine) -> Shelf: ...

    def others(self, own: KvEngine | None) -> OtherModels:
        """Of all models but `own`, looked through now."""
        ...

    def pack(self, engine: KvEngine, blocks: Sequence[CachedBlock], parcel: Path) -> None:
        """Copy blocks, parents first, out of the engine's shelf into files of a parcel."""
        ...

    def unpack(
        self, parcel: Path, sequence: OwnedSequence, old_root: BlockHash, known: Container[str]
    ) -> tuple[StoredBlock, ...]:
        """Put a parcel's blocks on the shelf of the sequence's engine; `old_root` began their chain
        where they were packed. `known`: files that others use. Raises `InvalidRequest`."""
        ...
