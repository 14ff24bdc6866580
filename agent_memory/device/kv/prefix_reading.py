"""The missing part of a prefix, brought together beside the thread that owns MLX."""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.kv.kv_block import KvBlock, RestingBlock, from_host
from agent_memory.device.rows.row_buffers import RowBuffers
from agent_memory.device.shelf.file_format import BlockRecord
from agent_memory.device.shelf.reader import Place
from agent_memory.engine.read_pace import ReadPace
from agent_memory.errors import BadShelfFile
from agent_memory.ids import BlockHash

log = logging.getLogger(__name__)

FoundBlock = RestingBlock | ShelfBlock | BlockRecord
"""At rest in memory; or read from the shelf, with its bytes, or only described: then these are in
the row's buffers."""
FileContent = Mapping[BlockHash, ShelfBlock | BlockRecord]
CheckFile = Callable[[], FileContent]
"""Gives the blocks of a file that has been read once they are checked. Raises `BadShelfFile`."""
ReadFile = Callable[[str, Sequence[BlockHash]], CheckFile]
"""Raises `BadShelfFile` for what can be told at once."""

_MAX_UNCHECKED = 4
"""Files at once: the next is read while the last is checked, and few descriptors are open."""


@dataclass(frozen=True, slots=True)
class Found:
    """Blocks that are ready for a row, and shelf files that were of no use and are gone."""

    blocks: Mapping[BlockHash, FoundBlock] = field(default_factory=dict)
    bad_files: tuple[str, ...] = ()


class Reading(Protocol):
    """A part of the work; may be done on any thread."""

    def run(self) -> Found: ...


@dataclass(frozen=True, slots=True)
class RowPlaces:
    """The buffers of a row, and before how many of its tokens each block begins."""

    buffers: RowBuffers
    starts: Mapping[BlockHash, int]

    def put(self, block: ShelfBlock) -> None:
        """Copy a block to its place."""
        self.buffers.put(block, self.starts[block.hash])

    def place_of(self, name: BlockHash) -> Place:
        """Where the tensors of a block go."""
        return partial(self.buffers.place, self.starts[name])


@dataclass(frozen=True, slots=True)
class RestReading:
    """What is at rest in memory, copied into a row."""

    at_rest: Mapping[BlockHash, RestingBlock]
    row: RowPlaces

    def run(self) -> Found:
        for resting in self.at_rest.values():
            self.row.put(resting.host)
        return Found(self.at_rest)


@dataclass(frozen=True, slots=True)
class FileReading:
    """What is on the shelf: which blocks of which files. pace learns how fast that is."""

    files: Mapping[str, Sequence[BlockHash]]
    read: ReadFile
    pace: ReadPace

    def run(self) -> Found:
        started_at = time.perf_counter()
        blocks: dict[BlockHash, ShelfBlock | BlockRecord] = {}
        bad_files: list[str] = []
        unchecked: deque[tuple[str, CheckFile]] = deque()

        def check_first() -> None:
            file, check = unchecked.popleft()
            with _noting(file, bad_files):
                blocks.update(check())

        try:
            for file, hashes in self.files.items():
                if len(unchecked) == _MAX_UNCHECKED:
                    check_first()
                with _noting(file, bad_files):
                    unchecked.append((file, self.read(file, hashes)))
        finally:
            while unchecked:
                check_first()
        num_bytes = sum(block.nbytes for block in blocks.values())
        self.pace.observe(num_bytes, time.perf_counter() - started_at)
        return Found(blocks, tuple(bad_files))


@contextlib.contextmanager
def _noting(file: str, bad_files: list[str]) -> Iterator[None]:
    """Goes on where a file turns out to be of no use."""
    try:
        yield
    except BadShelfFile as error:
        log.warning("%s", error)
        bad_files.append(file)


def run_all(readings: Sequence[Reading]) -> Found:
    """One after the other."""
    blocks: dict[BlockHash, FoundBlock] = {}
    bad_files: tuple[str, ...] = ()
    for reading in readings:
        found = reading.run()
        blocks.update(found.blocks)
        bad_files += found.bad_files
    return Found(blocks, bad_files)


def on_device(found: FoundBlock, file: str | None, *, is_in_row: bool) -> KvBlock:
    """The block for MLX's thread, known to be in `file`; without tensors when its bytes are in the
    row already, to be cut out of it."""
    block = found.host if isinstance(found, RestingBlock) else found
    if isinstance(block, ShelfBlock) and not is_in_row:
        return from_host(block, file)
    return KvBlock(block.hash, block.parent, block.token_ids, {}, block.is_snapshot, file)
