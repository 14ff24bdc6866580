"""The folder of all models' shelves on this node."""

from collections.abc import Container, Sequence
from pathlib import Path

from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.lease import CachedBlock, StoredBlock
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.device.shelf.fading_keys import FadingKeys
from agent_memory.device.shelf.other_models import OtherModels
from agent_memory.device.shelf.parcel import Destination, pack, unpack
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.ids import BlockHash


class ShelfFolder:
    """Implements `cache.shelves.Shelves`."""

    def __init__(self, folder: Path, key: bytes | None, unstored_kv_s: float) -> None:
        """key: that of the shelves, if they are encrypted. unstored_kv_s: how long a fading key is
        kept."""
        self._folder = folder
        self._key = key
        self._fading = FadingKeys(folder, unstored_kv_s, key)
        self.forget_keys()

    def forget_keys(self) -> None:
        self._fading.forget_due()

    def of(self, engine: KvEngine) -> Shelf:
        return Shelf(self._folder, engine.fingerprint, engine.kv_format, self._key, self._fading)

    def others(self, own: KvEngine | None) -> OtherModels:
        namespace = None if own is None else self.of(own).namespace
        return OtherModels(self._folder, namespace, self._key, self._fading)

    def pack(self, engine: KvEngine, blocks: Sequence[CachedBlock], parcel: Path) -> None:
        pack(self.of(engine), blocks, parcel)

    def unpack(
        self, parcel: Path, sequence: OwnedSequence, old_root: BlockHash, known: Container[str]
    ) -> tuple[StoredBlock, ...]:
        engine = sequence.engine
        destination = Destination(engine, old_root, sequence.root, sequence.token_ids)
        return unpack(parcel, self.of(engine), destination, known)
