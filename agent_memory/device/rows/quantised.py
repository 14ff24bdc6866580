"""Keys or values in few bits, as MLX quantises them: every token by itself, along the head size.

So a token's bits do not depend on the tokens beside it: they can be cut anywhere, and are never
computed again from what was rounded before.
"""

from dataclasses import dataclass
from typing import TypeAlias

import mlx.core as mx

from agent_memory.errors import InvariantBroken

QuantisedParts: TypeAlias = tuple[mx.array, mx.array, mx.array]
"""Packed values (uint32), scales and biases, each [1, heads, tokens, …]."""

_GROUP_SIZES = (64, 32)


@dataclass(frozen=True, slots=True)
class KvBits:
    """Bits of a key's and of a value's number: 4 or 8 each."""

    keys: int
    values: int

    def __str__(self) -> str:
        return f"q{self.keys}" if self.keys == self.values else f"k{self.keys}v{self.values}"


@dataclass(frozen=True, slots=True)
class Quantised:
    """What a model gets in place of an array of keys or values."""

    parts: QuantisedParts
    bits: int

    @property
    def group_size(self) -> int:
        """Numbers that share a scale and a bias."""
        packed, scales, _ = self.parts
        return packed.shape[-1] * 32 // self.bits // scales.shape[-1]

    @property
    def dtype(self) -> mx.Dtype:
        """What the numbers were before, and are again."""
        return self.parts[1].dtype

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self.parts)

    def dequantised(self) -> mx.array:
        """The numbers that the bits stand for, [1, heads, tokens, head size]."""
        packed, scales, biases = self.parts
        return mx.dequantize(packed, scales, biases, group_size=self.group_size, bits=self.bits)


def can_quantise(head_size: int) -> bool:
    """The numbers of a head can be cut into groups."""
    return _group_size(head_size) is not None


def quantise(numbers: mx.array, bits: int) -> QuantisedParts:
    """Keys or values [1, heads, tokens, head size]; see `can_quantise`."""
    group_size = _group_size(numbers.shape[-1])
    if group_size is None:
        raise InvariantBroken(f"heads of {numbers.shape[-1]} numbers cannot be quantised")
    packed, scales, biases = mx.quantize(numbers, group_size=group_size, bits=bits)
    return packed, scales, biases


def _group_size(head_size: int) -> int | None:
    return next((group for group in _GROUP_SIZES if head_size % group == 0), None)
