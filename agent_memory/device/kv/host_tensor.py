"""Tensors as bytes in host memory, and the blocks made of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash

HostBytes = npt.NDArray[np.uint8] | memoryview
"""Contiguous bytes, one dimension."""

ITEM_SIZES: Mapping[str, int] = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F16": 2,
    "BF16": 2,
    "U16": 2,
    "I16": 2,
    "F32": 4,
    "U32": 4,
    "I32": 4,
    "F64": 8,
    "U64": 8,
    "I64": 8,
    "C64": 8,
}
"""Bytes of one element, by safetensors dtype name."""


def num_bytes(dtype: str, shape: tuple[int, ...]) -> int:
    """Bytes of a tensor. Raises `KeyError` for an unknown dtype."""
    return math.prod(shape) * ITEM_SIZES[dtype]


@dataclass(frozen=True, slots=True)
class HostTensor:
    """`data` holds the elements in row-major order, little-endian; `dtype` is safetensors'."""

    dtype: str
    shape: tuple[int, ...]
    data: HostBytes

    def __post_init__(self) -> None:
        if self.dtype not in ITEM_SIZES:
            raise InvariantBroken(f"the shelf knows no dtype '{self.dtype}'")
        if self.data.nbytes != num_bytes(self.dtype, self.shape):
            raise InvariantBroken(
                f"{self.dtype}{list(self.shape)} does not have {self.data.nbytes} bytes"
            )

    @property
    def view(self) -> memoryview:
        """The same bytes, not copied."""
        return self.data if isinstance(self.data, memoryview) else self.data.data


@dataclass(frozen=True, slots=True)
class ShelfBlock:
    """A KV block with its tensors, by name. `hash` is `chain_hash(parent, token_ids)`."""

    hash: BlockHash
    parent: BlockHash
    token_ids: tuple[int, ...]
    tensors: Mapping[str, HostTensor]
    is_snapshot: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.data.nbytes for tensor in self.tensors.values())
