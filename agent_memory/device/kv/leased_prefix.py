"""The blocks that a lease promises, brought together before the row is made."""

import logging
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from agent_memory.cache.lease import CachedBlock, Location
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.restore_choice import Piece, num_to_restore
from agent_memory.device.background import Background
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.kv.kv_block import KvBlock, RestingBlock, copy_of, may_stay, to_host
from agent_memory.device.kv.prefix_reading import (
    CheckFile,
    FileReading,
    Found,
    FoundBlock,
    Reading,
    RestReading,
    RowPlaces,
    on_device,
    run_all,
)
from agent_memory.device.rows.row_buffers import Forms, RowBuffers
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.read_pace import ReadPace
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import BlockHash

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LeasedPrefix:
    """Blocks in order with how many tokens of each are used; some were read from the shelf, or were
    at rest in memory. buffers: the row's, if the blocks' bytes are in there already.
    num_passed_over: tokens that are computed sooner than read."""

    parts: tuple[tuple[KvBlock, int], ...] = ()
    num_from_shelf: int = 0
    bad_files: tuple[str, ...] = ()
    buffers: RowBuffers | None = None
    num_passed_over: int = 0
    num_from_memory: int = 0

    @property
    def num_tokens(self) -> int:
        return sum(used for _, used in self.parts)


@dataclass(slots=True)
class _Gathering:
    """cached: what of the lease is used. What is in memory is held on to from the start, whatever
    is evicted meanwhile. buffers: the row's, if what is not resident goes straight there."""

    cached: Sequence[CachedBlock]
    resident: Mapping[BlockHash, KvBlock]
    at_rest: Mapping[BlockHash, RestingBlock]
    buffers: RowBuffers | None = None
    found: Found = field(default_factory=Found)

    def find(self, name: BlockHash) -> FoundBlock | None:
        """A block that was not resident. In memory it may be taken as it is, unless it belongs into
        buffers."""
        if self.buffers is None and (resting := self.at_rest.get(name)) is not None:
            return resting
        return self.found.blocks.get(name)


class PrefixGatherer:
    """Obeys leases: what they evict goes, what they put to rest is the host's from then on, what
    they promise is held or read.

    forms: of the tensors of a token, where all layers can be cut by position: then blocks go from
    shelf or memory straight into the buffers of the row. bytes_per_token and prefill_tokens_per_s
    say what it would take to compute a block instead; None: nobody knows yet, and what is there is
    read.
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
        """True when all is here; else `ready(key)` is called when what is not resident has been
        brought in."""
        lease = request.lease
        self._store.begin_epoch(lease.epoch)
        self._gathering[key] = gathering = self._look_up(lease.cached)
        self._store.drop(lease.evict)
        self._discard(lease.discard)
        if readings := self._readings(gathering, request):

            def then(found: Found | None) -> None:
                if found is not None:
                    gathering.found = found
                ready(key)

            # What is in memory does not wait for others' disk.
            is_on_disk = any(isinstance(reading, FileReading) for reading in readings)
            beside = self._background.read if is_on_disk else self._background.copy
            beside(partial(run_all, readings), then)
        self._put_to_rest(lease.rest)  # after what this request waits for
        return not readings

    def forget(self, key: int) -> None:
        """The request will not be opened."""
        self._gathering.pop(key, None)

    def take(self, key: int, request: GenerationRequest) -> LeasedPrefix:
        """The usable part of the prefix: it ends before the first block that is not what the
        lease says it is."""
        gathering = self._gathering.pop(key)
        self._store.lose_files(gathering.found.bad_files)
        parts: list[tuple[KvBlock, int]] = []
        num_from: Counter[Location] = Counter()
        position = 0
        parent = request.root
        for cached in gathering.cached:
            block, location = self._pick(gathering, cached)
            wanted = request.prompt_tokens[position : position + cached.num_used]
            if block is None or not _is_what_was_promised(block, parent, wanted):
                break
            parts.append((block, cached.num_used))
            num_from[location] += cached.num_used
            position += cached.num_used
            parent = block.hash
            if cached.num_used < len(block.token_ids):
                break
        if self._needs_snapshot and parts and not _ends_with_snapshot(parts):
            parts = []
            num_from.clear()
        passed_over = request.lease.cached[len(gathering.cached) :]
        return LeasedPrefix(
            tuple(parts),
            num_from[Location.SHELF],
            gathering.found.bad_files,
            gathering.buffers if parts else None,
            sum(cached.num_used for cached in passed_over),
            num_from[Location.MEMORY],
        )

    def _look_up(self, cached: Sequence[CachedBlock]) -> _Gathering:
        """What of a lease is in memory, wherever the lease says that it is: orders of other leases
        may have come first."""
        store = self._store
        in_memory = {b.hash for b in cached if store.get(b.hash) or store.at_rest(b.hash)}
        used = self._worth_restoring(cached, in_memory)
        resident = {b.hash: known for b in used if (known := store.get(b.hash)) is not None}
        at_rest = {b.hash: resting for b in used if (resting := store.at_rest(b.hash)) is not None}
        return _Gathering(used, resident, at_rest)

    def _put_to_rest(self, hashes: Sequence[BlockHash]) -> None:
        for borrowed in self._store.rest(hashes):
            if not may_stay(borrowed):
                settle = partial(self._settle, borrowed)
                self._background.copy(partial(copy_of, borrowed), settle)

    def _settle(self, borrowed: ShelfBlock, copy: ShelfBlock | None) -> None:
        if copy is not None:
            self._store.settle(borrowed, copy)

    def _pick(self, gathering: _Gathering, cached: CachedBlock) -> tuple[KvBlock | None, Location]:
        """A block of the prefix, if it is there, and where it has come from."""
        if (block := gathering.resident.get(cached.hash)) is not None:
            return block, Location.RESIDENT
        found = gathering.find(cached.hash)
        if found is None:
            return None, cached.location
        is_in_row = gathering.buffers is not None
        if not isinstance(found, RestingBlock):
            return on_device(found, cached.file, is_in_row=is_in_row), Location.SHELF
        # Since it was looked up, its file may have turned out to be of no use.
        file = (self._store.at_rest(cached.hash) or found).file
        return on_device(found, file, is_in_row=is_in_row), Location.MEMORY

    def _worth_restoring(
        self, cached: Sequence[CachedBlock], in_memory: Container[BlockHash]
    ) -> Sequence[CachedBlock]:
        """The beginning of a prefix that is there sooner than if it were computed."""
        prefill, reading = self._prefill_tokens_per_s(), self._read_pace.bytes_per_s
        if prefill is None or reading is None:
            return cached
        pieces = [
            Piece(b.num_used, 0 if b.hash in in_memory else b.num_tokens * self._bytes_per_token)
            for b in cached
        ]
        num = num_to_restore(pieces, Rates(prefill, reading), all_or_none=self._needs_snapshot)
        if num < len(cached):
            self._read_pace.pass_over()
            log.info("blocks are computed sooner than read", extra={"num": len(cached) - num})
        return cached[:num]

    def _readings(self, gathering: _Gathering, request: GenerationRequest) -> list[Reading]:
        """What is to be done beside this thread."""
        shelf, at_rest = self._shelf, gathering.at_rest
        files = _files_to_read(gathering) if shelf is not None else {}
        if self._forms is None:
            # What is at rest is taken as it is, on this thread.
            if shelf is None or not files:
                return []

            def read_whole(file: str, hashes: Sequence[BlockHash]) -> CheckFile:
                return partial(shelf.read, file, hashes)

            return [FileReading(files, read_whole, self._read_pace)]
        if not files and not at_rest:
            return []
        row = self._new_row(self._forms, gathering, request)
        readings: list[Reading] = [RestReading(at_rest, row)] if at_rest else []
        if shelf is not None and files:
            check = self._background.check

            def read(file: str, hashes: Sequence[BlockHash]) -> CheckFile:
                places = {name: row.place_of(name) for name in hashes}
                return shelf.read_into(file, places, check).finish

            readings.append(FileReading(files, read, self._read_pace))
        return readings

    def _new_row(
        self, forms: Forms, gathering: _Gathering, request: GenerationRequest
    ) -> RowPlaces:
        """The row's buffers, with what is resident in them already."""
        starts: dict[BlockHash, int] = {}
        position = end = 0
        for cached in gathering.cached:
            starts[cached.hash] = position
            end = position + cached.num_tokens
            position += cached.num_used
        num_expected = len(request.prompt_tokens) + len(request.forced_tokens)
        gathering.buffers = RowBuffers(forms, max(num_expected, end))
        row = RowPlaces(gathering.buffers, starts)
        for block in gathering.resident.values():
            row.put(to_host(block))
        return row

    def _discard(self, files: Sequence[str]) -> None:
        if (shelf := self._shelf) is not None and files:
            self._store.lose_files(files)
            self._background.write(lambda: _delete(shelf, files), lambda _: None)


def _files_to_read(gathering: _Gathering) -> dict[str, list[BlockHash]]:
    in_memory = gathering.resident.keys() | gathering.at_rest.keys()
    files: dict[str, list[BlockHash]] = {}
    for block in gathering.cached:
        if block.hash not in in_memory and block.file is not None:
            files.setdefault(block.file, []).append(block.hash)
    return files


def _is_what_was_promised(block: KvBlock, parent: BlockHash, wanted: Sequence[int]) -> bool:
    if block.parent == parent and block.token_ids[: len(wanted)] == tuple(wanted):
        return True
    log.warning("block %s does not hold the tokens that its lease names", block.hash)
    return False


def _ends_with_snapshot(parts: Sequence[tuple[KvBlock, int]]) -> bool:
    block, num_used = parts[-1]
    return block.is_snapshot and num_used == len(block.token_ids)


def _delete(shelf: Shelf, files: Sequence[str]) -> None:
    for file in files:
        try:
            shelf.delete(file)
        except OSError as error:
            log.warning("shelf file %s cannot be deleted: %s", file, error)
