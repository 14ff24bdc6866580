"""Reading one open shelf file, and believing nothing of it before it is checked."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from zlib_ng.zlib_ng import crc32

from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock
from agent_memory.device.shelf.decoding import decode_header
from agent_memory.device.shelf.file_format import (
    LENGTH_SIZE,
    BlockRecord,
    Namespace,
    TensorRecord,
    file_name,
    key_id_of,
)
from agent_memory.device.shelf.sealing import FileCipher, Seal
from agent_memory.device.shelf.window_parts import join_windows

_FIRST_READ = 64 * 1024
_MAX_RUNS = 512
"""In one call of the system; 1,024 are allowed."""

Runs = Sequence[memoryview]
"""Where the bytes of a tensor go, in their order."""
Place = Callable[[str, Sequence[int]], Runs]
"""The runs of a tensor, given its name and shape. Raises `ValueError` when there is no place."""
Check = Callable[[], None]
"""Looks at what was read. Raises `ValueError` with the reason when it is not what was written."""


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What a file says of itself. `data_start` is the offset of the first tensor in the file;
    `cipher` opens the tensors of a sealed one. owner: the session that wrote it, or nothing."""

    blocks: tuple[BlockRecord, ...]
    data_start: int
    nbytes: int
    mtime: float
    cipher: FileCipher | None = None
    owner: str = ""


def read_header(
    fd: int,
    file: str,
    namespace: Namespace,
    seal: Seal | None = None,
    *,
    max_bytes: int | None = None,
) -> FileHeader:
    """The checked header of the open file named `file`, of `max_bytes` at most. Raises `ValueError`
    with the reason."""
    stat = os.fstat(fd)
    start = os.pread(fd, _FIRST_READ, 0)
    size = LENGTH_SIZE + int.from_bytes(start[:LENGTH_SIZE], "little")
    if len(start) < LENGTH_SIZE or size > stat.st_size:
        raise ValueError(f"torn: only {stat.st_size} bytes are left")
    if max_bytes is not None and size > max_bytes:
        raise ValueError(f"the header has {size} bytes")
    header = start[:size] + os.pread(fd, max(0, size - len(start)), len(start))
    if file_name(header, key_id_of(file)) != file:
        raise ValueError("the header does not match the file's name")
    said = decode_header(header, namespace, stat.st_size - size, seal)
    return FileHeader(said.blocks, size, stat.st_size, stat.st_mtime, said.cipher, said.owner)


Earlier = Iterable[Mapping[str, HostTensor]]
"""The parts of a snapshot's windows in its earlier files, the last first."""


def read_block(
    fd: int, block: BlockRecord, header: FileHeader, earlier: Earlier | None = None
) -> ShelfBlock:
    """All tensors of a block, read at once and checked. Raises `ValueError` with the reason.
    earlier: for a snapshot that has its windows in several files."""
    tensors = read_tensors(fd, block, header)
    if block.parts is not None:
        if earlier is None:
            raise ValueError("the beginnings of its windows are in other files")
        shapes = {record.name: record.whole for record in block.tensors}
        tensors = join_windows(tensors, shapes, earlier)
    for record in block.tensors:
        if crc32(tensors[record.name].view) != record.crc32:
            raise ValueError(f"tensor '{record.name}' of block {block.hash} is corrupt")
    return ShelfBlock(block.hash, block.parent, block.token_ids, tensors, block.is_snapshot)


def read_tensors(fd: int, block: BlockRecord, header: FileHeader) -> dict[str, HostTensor]:
    """What this file holds of a block's tensors, not checked but for a seal."""
    first = block.tensors[0].start if block.tensors else 0
    data = np.empty(block.num_own_bytes, np.uint8)
    _read_into(fd, data, header.data_start + first)
    tensors = {}
    for record in block.tensors:
        part = _opened(data[record.start - first : record.end - first], record, header.cipher)
        tensors[record.name] = HostTensor(record.dtype, record.shape, part)
    return tensors


def read_block_into(
    fd: int,
    block: BlockRecord,
    header: FileHeader,
    place: Place,
    earlier: Earlier | None = None,
) -> Check:
    """Read all tensors of a block to their places; what lies there may be believed only after the
    check that is returned. Raises `ValueError` with the reason when it cannot be read."""
    places = [place(record.name, record.whole) for record in block.tensors]
    if header.cipher is not None or block.parts is not None:
        return _Copied(read_block(fd, block, header, earlier), places).put
    offset = header.data_start + (block.tensors[0].start if block.tensors else 0)
    runs = [run for place in places for run in place]
    for begin in range(0, len(runs), _MAX_RUNS):
        offset = _read_runs(fd, runs[begin : begin + _MAX_RUNS], offset)
    return _Unchecked(block, places).check


@dataclass(frozen=True, slots=True)
class _Unchecked:
    """A block that lies in its places."""

    block: BlockRecord
    places: Sequence[Runs]

    def check(self) -> None:
        for record, runs in zip(self.block.tensors, self.places, strict=True):
            checksum = 0
            for run in runs:
                checksum = crc32(run, checksum)
            if checksum != record.crc32:
                raise ValueError(f"tensor '{record.name}' of block {self.block.hash} is corrupt")


@dataclass(frozen=True, slots=True)
class _Copied:
    """A block that was encrypted or in pieces, and is to be copied to its places."""

    block: ShelfBlock
    places: Sequence[Runs]

    def put(self) -> None:
        for tensor, runs in zip(self.block.tensors.values(), self.places, strict=True):
            begin = 0
            for run in runs:
                run[:] = tensor.view[begin : begin + len(run)]
                begin += len(run)


def _read_runs(fd: int, runs: Runs, offset: int) -> int:
    """Fill the runs, one after the other; returns where in the file what follows begins."""
    num_read = os.preadv(fd, runs, offset)
    for run in runs:
        if num_read < len(run):
            _read_into(fd, np.frombuffer(run[num_read:], np.uint8), offset + num_read)
        offset, num_read = offset + len(run), max(0, num_read - len(run))
    return offset


def _opened(
    part: npt.NDArray[np.uint8], record: TensorRecord, cipher: FileCipher | None
) -> npt.NDArray[np.uint8]:
    if cipher is None or record.tag is None:
        return part
    return np.frombuffer(cipher.open_tensor(record.number, part, record.tag), np.uint8)


def _read_into(fd: int, data: npt.NDArray[np.uint8], offset: int) -> None:
    view = data.data
    while view:
        num_read = os.preadv(fd, [view], offset)
        if num_read == 0:
            raise ValueError("torn while it was read")
        view, offset = view[num_read:], offset + num_read
