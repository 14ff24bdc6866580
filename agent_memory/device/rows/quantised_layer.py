"""Keys and values of one row in one layer, quantised when they are written.

Packed values, scales and biases lie in three layers of the plain kind, which know all about room,
order and windows, and nothing of what their numbers mean.
"""

from collections.abc import Sequence
from typing import Any, Generic, Self, TypeAlias, TypeVar

import mlx.core as mx

from agent_memory.device.rows.quantised import KvBits, Quantised, QuantisedParts, quantise
from agent_memory.device.rows.row_layers import FullLayer, WindowLayer

Part = TypeVar("Part", FullLayer, WindowLayer)

KeysValuesParts: TypeAlias = tuple[QuantisedParts, QuantisedParts]


class _QuantisedLayer(Generic[Part]):
    """bits, group_size: mlx-lm's sign that attention is not the usual one; see `attention.py`."""

    __slots__ = ("_bits", "_parts")

    _parts: tuple[Part, Part, Part]

    bits = 0
    group_size = 0

    def __init__(self, bits: KvBits, parts: tuple[Part, Part, Part]) -> None:
        self._bits = bits
        self._parts = parts

    @property
    def offset(self) -> int:
        return self._parts[0].offset

    @property
    def state(self) -> tuple[Any, ...]:
        return tuple(part.state for part in self._parts)

    def size(self) -> int:
        return self._parts[0].size()

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[Quantised, Quantised]:
        key_parts = quantise(keys, self._bits.keys)
        value_parts = quantise(values, self._bits.values)
        for part, part_keys, part_values in zip(self._parts, key_parts, value_parts, strict=True):
            part.update_and_fetch(part_keys, part_values)
        return self.keys_and_values()

    def keys_and_values(self) -> tuple[Quantised, Quantised]:
        """What the token that was fed last attends to."""
        keys, values = _by_kind([part.keys_and_values() for part in self._parts])
        return Quantised(keys, self._bits.keys), Quantised(values, self._bits.values)

    def make_mask(
        self, num_tokens: int, return_array: bool = False, window_size: int | None = None
    ) -> Any:
        return self._parts[0].make_mask(num_tokens, return_array, window_size)

    def trim_to(self, length: int) -> None:
        """Forget the tokens from `length` on."""
        for part in self._parts:
            part.trim_to(length)

    def fork(self) -> Self:
        """A copy; nothing is copied on the device before either is written to."""
        packed, scales, biases = self._parts
        return type(self)(self._bits, (packed.fork(), scales.fork(), biases.fork()))


class QuantisedFullLayer(_QuantisedLayer[FullLayer]):
    """A layer that attends to everything before it."""

    __slots__ = ()

    @classmethod
    def new(cls, bits: KvBits) -> Self:
        return cls(bits, (FullLayer(), FullLayer(), FullLayer()))

    def reserve(self, length: int) -> None:
        """The row will get so long: make room at once when room is made."""
        for part in self._parts:
            part.reserve(length)

    def cut(self, begin: int, end: int) -> KeysValuesParts:
        """A copy of the tokens from `begin` to `end`."""
        return _by_kind([part.cut(begin, end) for part in self._parts])

    def fill(self, blocks: Sequence[KeysValuesParts]) -> None:
        """Begin with these tokens, in order."""
        for at, part in enumerate(self._parts):
            part.fill([(keys[at], values[at]) for keys, values in blocks])

    def adopt(self, buffers: KeysValuesParts, length: int) -> None:
        """Begin with the first `length` tokens of these buffers, which are the layer's now."""
        keys, values = buffers
        for at, part in enumerate(self._parts):
            part.adopt((keys[at], values[at]), length)


class QuantisedWindowLayer(_QuantisedLayer[WindowLayer]):
    """A layer that attends to the last tokens."""

    __slots__ = ()

    @classmethod
    def new(cls, bits: KvBits, window: int) -> Self:
        return cls(bits, (WindowLayer(window), WindowLayer(window), WindowLayer(window)))

    @property
    def max_size(self) -> int:
        return self._parts[0].max_size

    def cut_window(self) -> KeysValuesParts:
        """A copy of what the next token will see."""
        return _by_kind([part.cut_window() for part in self._parts])

    def fill(self, window: KeysValuesParts, offset: int) -> None:
        """Begin after `offset` tokens, of which these are the last."""
        keys, values = window
        for at, part in enumerate(self._parts):
            part.fill((keys[at], values[at]), offset)


def _by_kind(pairs: Sequence[tuple[mx.array, mx.array]]) -> KeysValuesParts:
    """Keys and values of packed values, scales and biases, put together again."""
    (packed, other_packed), (scales, other_scales), (biases, other_biases) = pairs
    return (packed, scales, biases), (other_packed, other_scales, other_biases)
