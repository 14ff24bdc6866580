"""Rotary positions on a CPU: angles once a step, for all layers.

MLX has no fused kernel for them there: it composes each of two calls a layer out of some twenty
operations, most of which compute the same cosines and sines again. The results are the same, bit
for bit.
"""

import math
from typing import Any

import mlx.core as mx
from mlx import nn

_Kind = tuple[int, float, float]
"""Dimensions, base and scale."""


class Angles:
    """Cosines and sines of the positions that were asked for last."""

    __slots__ = ("_asked", "_log_base", "_scale", "_tables", "num_dims")

    def __init__(self, num_dims: int, base: float, scale: float) -> None:
        self.num_dims = num_dims
        self._log_base = math.log(base)
        self._scale = scale
        self._asked: tuple[Any, int] | None = None
        self._tables: tuple[mx.array, mx.array] | None = None

    def at(self, offset: Any, num_tokens: int) -> tuple[mx.array, mx.array]:
        """Factors [..., tokens, dimensions] of a vector and of the same with its halves swapped,
        for the positions from `offset` on (a number, or an array with one for each row)."""
        if self._tables is None or not self._is_asked(offset, num_tokens):
            self._asked = (offset, num_tokens)
            self._tables = self._compute(offset, num_tokens)
        return self._tables

    def _is_asked(self, offset: Any, num_tokens: int) -> bool:
        if self._asked is None or self._asked[1] != num_tokens:
            return False
        known = self._asked[0]
        # Arrays are compared by what they are: looking into them would wait for the device.
        return known is offset or (
            isinstance(known, int) and isinstance(offset, int) and known == offset
        )

    def _compute(self, offset: Any, num_tokens: int) -> tuple[mx.array, mx.array]:
        half = self.num_dims // 2
        if isinstance(offset, mx.array) and offset.size > 1:
            offset = mx.expand_dims(offset, (-1, -2))
        positions = (mx.arange(num_tokens, dtype=mx.float32) + offset) * self._scale
        exponents = mx.arange(0, -half, -1, dtype=mx.float32) * (self._log_base / half)
        angles = mx.expand_dims(positions, -1) * mx.exp(exponents)
        cosines, sines = mx.cos(angles), mx.sin(angles)
        return (
            mx.concatenate([cosines, cosines], axis=-1),
            mx.concatenate([-sines, sines], axis=-1),
        )


class SharedRotary:
    """Takes the place of `nn.RoPE` (halves, not neighbours, are rotated)."""

    def __init__(self, angles: Angles) -> None:
        self._angles = angles

    def __call__(self, x: mx.array, offset: Any = 0) -> mx.array:
        num_dims = self._angles.num_dims
        straight, crossed = self._angles.at(offset, x.shape[-2])
        if num_dims == x.shape[-1]:
            return _rotated(x, straight, crossed)
        head, rest = mx.split(x, [num_dims], axis=-1)
        return mx.concatenate([_rotated(head, straight, crossed), rest], axis=-1)


def share_rotary(model: nn.Module) -> None:
    """Let the layers of a float32 model share their angles, those of one kind with each other."""
    shared: dict[_Kind, Angles] = {}
    for _, module in model.named_modules():
        for name, child in tuple(module.items()):
            if type(child) is nn.RoPE and not child.traditional:
                kind = (child.dims, float(child.base), float(child.scale))
                angles = shared.setdefault(kind, Angles(*kind))
                setattr(module, name, SharedRotary(angles))


def _rotated(x: mx.array, straight: mx.array, crossed: mx.array) -> mx.array:
    first, second = mx.split(x, 2, axis=-1)
    return x * straight + mx.concatenate([second, first], axis=-1) * crossed
