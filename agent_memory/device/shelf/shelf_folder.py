"""The folder of all models' shelves on this node."""

from collections.abc import Container, Sequence
from pathlib import Path

from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lease import CachedBlock, StoredBlock
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.device.shelf.other_models import OtherModels
from agent_memory.device.shelf.parcel import Destination, pack, unpack
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.ids import BlockHash


class ShelfFolder:
    """Implements `cache.shelves.Shelves`."""

    def __init__(self, folder: Path, key: bytes | None) -> None:
        """key: that of the shelves, if they are encrypted."""
        self._folder = folder
        self._key = key

    def of(self, engine: KvEngine) -> Shelf:
        return Shelf(self._folder, engine.fingerprint, engine.kv_format, self._key)

    def others(self, own: KvEngine | None) -> OtherModels:
        namespace = None if own is None else self.of(own).namespace
        return OtherModels(self._folder, namespace, self._key)

    def pack(self, engine: KvEngine, blocks: Sequence[CachedBlock], parcel: Path) -> None:
        pack(self.of(engine), blocks, parcel)

    def unpack(
        self, parcel: Path, sequence: OwnedSequence, old_root: BlockHash, known: Container[str]
    ) -> tuple[StoredBlock, ...]:
        engine = sequence.engine
        destination = Destination(engine, old_root, sequence.root, sequence.token_ids)
        return unpack(parcel, self.of(engine), destination, known)
