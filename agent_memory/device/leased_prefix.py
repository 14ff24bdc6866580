"""The blocks that a lease promises, brought together before the row is made."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from agent_memory.cache.lease import CachedBlock
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.restore_choice import Piece, num_to_restore
from agent_memory.device.background import Background
from agent_memory.device.block_store import BlockStore
from agent_memory.device.host_tensor import ShelfBlock
from agent_memory.device.kv_block import KvBlock, from_host
from agent_memory.device.row_buffers import Forms, RowBuffers
from agent_memory.device.shelf import Shelf
from agent_memory.device.shelf_format import BlockRecord
from agent_memory.engine.read_pace import ReadPace
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import BadShelfFile
from agent_memory.ids import BlockHash

_log = logging.getLogger(__name__)

ReadBlocks = Mapping[BlockHash, ShelfBlock | BlockRecord]
"""With their bytes, or only described: then their bytes are in the row's buffers."""
ReadFile = Callable[[str, Sequence[BlockHash]], ReadBlocks]


@dataclass(frozen=True, slots=True)
class LeasedPrefix:
    """Blocks in order with how many tokens of each are used; some were read from the shelf.
    buffers: the row's, if the blocks' bytes are in there already. num_passed_over: tokens that are
    computed sooner than read."""

    parts: tuple[tuple[KvBlock, int], ...] = ()
    num_from_shelf: int = 0
    bad_files: tuple[str, ...] = ()
    buffers: RowBuffers | None = None
    num_passed_over: int = 0

    @property
    def num_tokens(self) -> int:
        return sum(used for _, used in self.parts)


@dataclass(slots=True)
class _Gathering:
    """cached: what of the lease is used. resident blocks are held on to from the start, whatever is
    evicted meanwhile."""

    cached: Sequence[CachedBlock]
    resident: dict[BlockHash, KvBlock]
    buffers: RowBuffers | None = None
    read: ReadBlocks = field(default_factory=dict)
    bad_files: tuple[str, ...] = ()


class PrefixGatherer:
    """Obeys leases: what they evict goes, what they promise is held or read.

    forms: of the tensors of a token, where all layers can be cut by position: then blocks are read
    straight into the buffers of the row. bytes_per_token and prefill_tokens_per_s say what it
    would take to compute a block instead; None: nobody knows yet, and what is there is read.
    """

    def __init__(
        self,
        store: BlockStore,
        shelf: Shelf | None,
        background: Background,
        *,
        needs_snapshot: bool,
        forms: Forms | None = None,
        bytes_per_token: int = 0,
        prefill_tokens_per_s: Callable[[], float | None] = lambda: None,
        read_pace: ReadPace | None = None,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._background = background
        self._needs_snapshot = needs_snapshot
        self._forms = forms if forms and not needs_snapshot else None
        self._bytes_per_token = bytes_per_token
        self._prefill_tokens_per_s = prefill_tokens_per_s
        self._read_pace = read_pace or ReadPace()
        self._gathering: dict[int, _Gathering] = {}

    def prepare(self, key: int, request: GenerationRequest, ready: Callable[[int], None]) -> bool:
        """True when all is here; else `ready(key)` is called when the shelf has been read."""
        lease = request.lease
        self._store.begin_epoch(lease.epoch)
        found = [self._store.get(cached.hash) for cached in lease.cached]
        resident = {block.hash: block for block in found if block is not None}
        cached = self._worth_restoring(lease.cached, resident)
        self._gathering[key] = gathering = _Gathering(cached, resident)
        self._store.drop(lease.evict)
        self._discard(lease.discard)
        files = _files_to_read(cached, resident)
        shelf = self._shelf
        if shelf is None or not files:
            return True
        read = self._reader(shelf, gathering, request)

        def then(result: "tuple[ReadBlocks, tuple[str, ...]] | None") -> None:
            if result is not None:
                gathering.read, gathering.bad_files = result
            ready(key)

        self._background.read(lambda: _read(read, files, self._read_pace), then)
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
        for cached in gathering.cached:
            block = gathering.resident.get(cached.hash)
            if block is None and (shelved := gathering.read.get(cached.hash)) is not None:
                block = _from_shelf(shelved, cached.file or "")
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
        passed_over = request.lease.cached[len(gathering.cached) :]
        return LeasedPrefix(
            tuple(parts),
            num_from_shelf,
            gathering.bad_files,
            gathering.buffers if parts else None,
            sum(cached.num_used for cached in passed_over),
        )

    def _worth_restoring(
        self, cached: Sequence[CachedBlock], resident: Mapping[BlockHash, KvBlock]
    ) -> Sequence[CachedBlock]:
        """The beginning of a prefix that is there sooner than if it were computed."""
        prefill, reading = self._prefill_tokens_per_s(), self._read_pace.bytes_per_s
        if prefill is None or reading is None:
            return cached
        pieces = [
            Piece(b.num_used, 0 if b.hash in resident else b.num_tokens * self._bytes_per_token)
            for b in cached
        ]
        num = num_to_restore(pieces, Rates(prefill, reading), all_or_none=self._needs_snapshot)
        if num < len(cached):
            self._read_pace.pass_over()
            _log.info("blocks are computed sooner than read", extra={"num": len(cached) - num})
        return cached[:num]

    def _reader(self, shelf: Shelf, gathering: _Gathering, request: GenerationRequest) -> ReadFile:
        """What reads blocks of a file: into the row's buffers, where that can be."""
        if self._forms is None:
            return shelf.read
        starts: dict[BlockHash, int] = {}
        position = end = 0
        for cached in gathering.cached:
            starts[cached.hash] = position
            end = position + cached.num_tokens
            position += cached.num_used
        num_expected = len(request.prompt_tokens) + len(request.forced_tokens)
        gathering.buffers = buffers = RowBuffers(self._forms, max(num_expected, end))
        for block in gathering.resident.values():
            buffers.put(block, starts[block.hash])

        def read(file: str, hashes: Sequence[BlockHash]) -> ReadBlocks:
            places = {hash: partial(buffers.place, starts[hash]) for hash in hashes}  # noqa: A001
            return shelf.read_into(file, places, self._background.check)

        return read

    def _discard(self, files: Sequence[str]) -> None:
        if (shelf := self._shelf) is not None and files:
            self._store.lose_files(files)
            self._background.write(lambda: _delete(shelf, files), lambda _: None)


def _files_to_read(
    cached: Sequence[CachedBlock], resident: Mapping[BlockHash, KvBlock]
) -> dict[str, list[BlockHash]]:
    files: dict[str, list[BlockHash]] = {}
    for block in cached:
        if block.hash not in resident and block.file is not None:
            files.setdefault(block.file, []).append(block.hash)
    return files


def _read(
    read: ReadFile, files: Mapping[str, Sequence[BlockHash]], pace: ReadPace
) -> tuple[ReadBlocks, tuple[str, ...]]:
    """The blocks of the good files, and the names of the bad ones."""
    started_at = time.perf_counter()
    blocks: dict[BlockHash, ShelfBlock | BlockRecord] = {}
    bad_files: list[str] = []
    for file, hashes in files.items():
        try:
            blocks.update(read(file, hashes))
        except BadShelfFile as error:
            _log.warning("%s", error)
            bad_files.append(file)
    num_bytes = sum(block.nbytes for block in blocks.values())
    pace.observe(num_bytes, time.perf_counter() - started_at)
    return blocks, tuple(bad_files)


def _from_shelf(block: ShelfBlock | BlockRecord, file: str) -> KvBlock:
    if isinstance(block, ShelfBlock):
        return from_host(block, file)
    return KvBlock(block.hash, block.parent, block.token_ids, {}, block.is_snapshot, file)


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
