"""Reading one open shelf file, and believing nothing of it before it is checked."""

import os
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent_memory.device.host_tensor import HostTensor, ShelfBlock
from agent_memory.device.sealing import FileCipher, Seal
from agent_memory.device.shelf_format import (
    LENGTH_SIZE,
    BlockRecord,
    Namespace,
    TensorRecord,
    decode_header,
    file_name,
)

_FIRST_READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What a file says of itself. `data_start` is the offset of the first tensor in the file;
    `cipher` opens the tensors of a sealed one."""

    blocks: tuple[BlockRecord, ...]
    data_start: int
    nbytes: int
    mtime: float
    cipher: FileCipher | None = None


def read_header(fd: int, file: str, namespace: Namespace, seal: Seal | None = None) -> FileHeader:
    """The checked header of the open file named `file`. Raises `ValueError` with the reason."""
    stat = os.fstat(fd)
    start = os.pread(fd, _FIRST_READ, 0)
    size = LENGTH_SIZE + int.from_bytes(start[:LENGTH_SIZE], "little")
    if len(start) < LENGTH_SIZE or size > stat.st_size:
        raise ValueError(f"torn: only {stat.st_size} bytes are left")
    header = start[:size] + os.pread(fd, max(0, size - len(start)), len(start))
    if file_name(header) != file:
        raise ValueError("the header does not match the file's name")
    blocks, cipher = decode_header(header, namespace, stat.st_size - size, seal)
    return FileHeader(blocks, size, stat.st_size, stat.st_mtime, cipher)


def read_block(fd: int, block: BlockRecord, header: FileHeader) -> ShelfBlock:
    """All tensors of a block, read at once and checked. Raises `ValueError` with the reason."""
    first = block.tensors[0].start if block.tensors else 0
    data = np.empty(block.nbytes, np.uint8)
    _read_into(fd, data, header.data_start + first)
    tensors = {}
    for record in block.tensors:
        part = _opened(data[record.start - first : record.end - first], record, header.cipher)
        if zlib.crc32(part.data) != record.crc32:
            raise ValueError(f"tensor '{record.name}' of block {block.hash} is corrupt")
        tensors[record.name] = HostTensor(record.dtype, record.shape, part)
    return ShelfBlock(block.hash, block.parent, block.token_ids, tensors, block.is_snapshot)


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
