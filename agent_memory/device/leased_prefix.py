"""The blocks that a lease promises, brought together before the row is made."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from agent_memory.cache.lease import CachedBlock
from agent_memory.device.background import Background
from agent_memory.device.block_store import BlockStore
from agent_memory.device.host_tensor import ShelfBlock
from agent_memory.device.kv_block import KvBlock, from_host
from agent_memory.device.shelf import Shelf
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import BadShelfFile
from agent_memory.ids import BlockHash

_log = logging.getLogger(__name__)

ReadBlocks = Mapping[BlockHash, ShelfBlock]


@dataclass(frozen=True, slots=True)
class LeasedPrefix:
    """Blocks in order with how many tokens of each are used; some were read from the shelf."""

    parts: tuple[tuple[KvBlock, int], ...] = ()
    num_from_shelf: int = 0
    bad_files: tuple[str, ...] = ()

    @property
    def num_tokens(self) -> int:
        return sum(used for _, used in self.parts)


@dataclass(slots=True)
class _Gathering:
    """resident blocks are held on to from the start, whatever is evicted meanwhile."""

    resident: dict[BlockHash, KvBlock]
    read: ReadBlocks = field(default_factory=dict)
    bad_files: tuple[str, ...] = ()


class PrefixGatherer:
    """Obeys leases: what they evict goes, what they promise is held or read."""

    def __init__(
        self,
        store: BlockStore,
        shelf: Shelf | None,
        background: Background,
        *,
        needs_snapshot: bool,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._background = background
        self._needs_snapshot = needs_snapshot
        self._gathering: dict[int, _Gathering] = {}

    def prepare(self, key: int, request: GenerationRequest, ready: Callable[[int], None]) -> bool:
        """True when all is here; else `ready(key)` is called when the shelf has been read."""
        lease = request.lease
        self._store.begin_epoch(lease.epoch)
        found = [self._store.get(cached.hash) for cached in lease.cached]
        resident = {block.hash: block for block in found if block is not None}
        self._gathering[key] = gathering = _Gathering(resident)
        self._store.drop(lease.evict)
        self._discard(lease.discard)
        files = _files_to_read(lease.cached, resident)
        shelf = self._shelf
        if shelf is None or not files:
            return True

        def then(result: "tuple[ReadBlocks, tuple[str, ...]] | None") -> None:
            if result is not None:
                gathering.read, gathering.bad_files = result
            ready(key)

        self._background.read(lambda: _read(shelf, files), then)
        return False

    def forget(self, key: int) -> None:
        """The request will not be opened."""
        self._gathering.pop(key, None)

    def take(self, key: int, request: GenerationRequest) -> LeasedPrefix:
        """The usable part of the prefix: it ends before the first block that is not what the
        lease says it is."""
        gathering = self._gathering.pop(key)
        self._store.lose_files(gathering.bad_files)
        parts: list[tuple[KvBlock, int]] = []
        num_from_shelf = position = 0
        parent = request.root
        for cached in request.lease.cached:
            block = gathering.resident.get(cached.hash)
            if block is None and (shelved := gathering.read.get(cached.hash)) is not None:
                block = from_host(shelved, cached.file or "")
                num_from_shelf += cached.num_used
            wanted = request.prompt_tokens[position : position + cached.num_used]
            if block is None or not _is_what_was_promised(block, parent, wanted):
                break
            parts.append((block, cached.num_used))
            position += cached.num_used
            parent = block.hash
            if cached.num_used < len(block.token_ids):
                break
        if self._needs_snapshot and parts and not _ends_with_snapshot(parts):
            parts, num_from_shelf = [], 0
        return LeasedPrefix(tuple(parts), num_from_shelf, gathering.bad_files)

    def _discard(self, files: Sequence[str]) -> None:
        if (shelf := self._shelf) is not None and files:
            self._store.lose_files(files)
            self._background.write(lambda: _delete(shelf, files), lambda _: None)


def _files_to_read(
    cached: Sequence[CachedBlock], resident: Mapping[BlockHash, KvBlock]
) -> dict[str, set[BlockHash]]:
    files: dict[str, set[BlockHash]] = {}
    for block in cached:
        if block.hash not in resident and block.file is not None:
            files.setdefault(block.file, set()).add(block.hash)
    return files


def _read(
    shelf: Shelf, files: Mapping[str, Collection[BlockHash]]
) -> tuple[ReadBlocks, tuple[str, ...]]:
    """The blocks of the good files, and the names of the bad ones."""
    blocks: dict[BlockHash, ShelfBlock] = {}
    bad_files: list[str] = []
    for file, hashes in files.items():
        try:
            blocks.update(shelf.read(file, hashes))
        except BadShelfFile as error:
            _log.warning("%s", error)
            bad_files.append(file)
    return blocks, tuple(bad_files)


def _is_what_was_promised(block: KvBlock, parent: BlockHash, wanted: Sequence[int]) -> bool:
    if block.parent == parent and block.token_ids[: len(wanted)] == tuple(wanted):
        return True
    _log.warning("block %s does not hold the tokens that its lease names", block.hash)
    return False


def _ends_with_snapshot(parts: Sequence[tuple[KvBlock, int]]) -> bool:
    block, num_used = parts[-1]
    return block.is_snapshot and num_used == len(block.token_ids)


def _delete(shelf: Shelf, files: Sequence[str]) -> None:
    for file in files:
        try:
            shelf.delete(file)
        except OSError as error:
            _log.warning("shelf file %s cannot be deleted: %s", file, error)
