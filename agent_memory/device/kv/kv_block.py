"""A block's tensors on the device and in host memory: the same bits in both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import mlx.core as mx
import numpy as np

from agent_memory.cache.lease import StoredBlock
from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock
from agent_memory.ids import BlockHash

_DTYPES: Mapping[str, mx.Dtype] = {
    "BOOL": mx.bool_,
    "U8": mx.uint8,
    "I8": mx.int8,
    "U16": mx.uint16,
    "I16": mx.int16,
    "U32": mx.uint32,
    "I32": mx.int32,
    "U64": mx.uint64,
    "I64": mx.int64,
    "F16": mx.float16,
    "BF16": mx.bfloat16,
    "F32": mx.float32,
    "C64": mx.complex64,
}
_LARGE = 64 * 1024
"""Bytes; what MLX calls contiguous may lie in a buffer that is larger by 16 KiB."""
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


@dataclass(frozen=True, slots=True)
class KvBlock:
    """An immutable block on the device. `file` is where the shelf has it, or None. No tensors: they
    were read straight into a row, and are to be cut out of it."""

    hash: BlockHash
    parent: BlockHash
    token_ids: tuple[int, ...]
    tensors: Mapping[str, mx.array]
    is_snapshot: bool = False
    file: str | None = None

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.tensors.values())

    def on_shelf(self, file: str) -> "KvBlock":
        """The same block, known to be in `file`."""
        return replace(self, file=file)

    def off_shelf(self) -> "KvBlock":
        """The same block, known to be in no file."""
        return replace(self, file=None)

    def as_stored(self) -> StoredBlock:
        """As the pool is told of it."""
        return StoredBlock(
            self.hash, self.parent, self.token_ids, self.nbytes, self.file, self.is_snapshot
        )


@dataclass(frozen=True, slots=True)
class RestingBlock:
    """A block at rest in the host's memory. `file` is where the shelf has it, or None."""

    host: ShelfBlock
    file: str | None

    def on_shelf(self, file: str) -> "RestingBlock":
        """The same block, known to be in `file`."""
        return replace(self, file=file)

    def off_shelf(self) -> "RestingBlock":
        """The same block, known to be in no file."""
        return replace(self, file=None)


def dtype_name(tensor: mx.array) -> str:
    """The tensor's dtype as safetensors spells it."""
    return _NAMES[tensor.dtype]


def to_host(block: KvBlock) -> ShelfBlock:
    """The block's bytes, not copied where the device shares memory with the host.

    Only on the thread that owns MLX; the result may go to any other.
    """
    raw = {
        name: mx.contiguous(tensor.reshape(-1)).view(mx.uint8)
        for name, tensor in block.tensors.items()
    }
    mx.eval(raw)
    tensors = {
        name: HostTensor(_NAMES[tensor.dtype], tuple(tensor.shape), np.asarray(raw[name]))
        for name, tensor in block.tensors.items()
    }
    return ShelfBlock(block.hash, block.parent, block.token_ids, tensors, block.is_snapshot)


def may_stay(block: ShelfBlock) -> bool:
    """Whether what `to_host` gave may be kept as it is: where the device has no memory of its own,
    unless a tensor is so small that it matters how much larger a buffer MLX has given it."""
    if mx.cuda.is_available():
        return False
    return all(tensor.data.nbytes >= _LARGE for tensor in block.tensors.values())


def copy_of(block: ShelfBlock) -> ShelfBlock:
    """The block in memory of its own: what `to_host` gives may be a part of the device's."""
    data = np.empty(block.nbytes, np.uint8)
    tensors, begin = {}, 0
    for name, tensor in block.tensors.items():
        part = data[begin : begin + tensor.data.nbytes]
        part[:] = tensor.data
        tensors[name] = replace(tensor, data=part)
        begin += part.nbytes
    return replace(block, tensors=tensors)


def from_host(block: ShelfBlock, file: str | None) -> KvBlock:
    """The block on the device again, a copy. Only on the thread that owns MLX."""
    tensors = {
        name: mx.array(np.frombuffer(tensor.data, np.uint8))
        .view(_DTYPES[tensor.dtype])
        .reshape(tensor.shape)
        for name, tensor in block.tensors.items()
    }
    return KvBlock(block.hash, block.parent, block.token_ids, tensors, block.is_snapshot, file)
