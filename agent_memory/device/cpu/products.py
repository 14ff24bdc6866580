"""Matrix products on a Linux CPU, in the shapes in which OpenBLAS is fast.

Its kernels take tokens in tiles: a product with a few tokens less than a whole tile can take twice
as long as one with that tile, whose surplus is then worth computing. And a product with few columns
hardly occupies its threads: projections that read the same become one product. Before a product
its kernels copy the weights into an order of their own, which for a few tokens costs more than the
product: from columns they copy faster than from rows. What comes out is the same but for rounding.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import mlx.core as mx
from mlx import nn

from agent_memory.engine.pace import TILE

_LEAST = 4
"""With fewer tokens than that beyond whole tiles, another tile costs more than it saves."""
_TOGETHER = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
"""Projections that read the same, under the names that mlx-lm's models give them."""
_SIZE = 1024
_NUM_TRIES = 5


class TiledLinear(nn.Linear):  # type: ignore[misc]
    """Computes whole tiles of tokens."""

    def __call__(self, x: mx.array) -> mx.array:
        return _in_tiles(super().__call__, x)


class TiledEmbedding(nn.Embedding):  # type: ignore[misc]
    """Computes whole tiles of tokens when it is the last projection."""

    def as_linear(self, x: mx.array) -> mx.array:
        return _in_tiles(super().as_linear, x)


class JointLinear(nn.Linear):  # type: ignore[misc]
    """One of several projections that are computed together when the first is asked for.

    weight, bias: its share of theirs.
    """

    def __init__(self, joint: "_Joint", place: int) -> None:
        nn.Module.__init__(self)
        begin, end = joint.bounds[place : place + 2]
        self.weight = joint.whole.weight[begin:end]
        if "bias" in joint.whole:
            self.bias = joint.whole.bias[begin:end]
        self._give = partial(joint.give, place)

    def __call__(self, x: mx.array) -> mx.array:
        return self._give(x)


class _Joint:
    """bounds: of the columns of each projection among those of all."""

    def __init__(self, layers: Sequence[nn.Linear], *, in_columns: bool) -> None:
        self.bounds = [0]
        for layer in layers:
            self.bounds.append(self.bounds[-1] + layer.weight.shape[0])
        self.whole = layers[0]
        weight = mx.concatenate([layer.weight for layer in layers])
        self.whole.weight = _column_by_column(weight) if in_columns else weight
        if "bias" in self.whole:
            self.whole.bias = mx.concatenate([layer.bias for layer in layers])
        self._asked: mx.array | None = None
        self._parts: dict[int, mx.array] = {}

    def give(self, place: int, x: mx.array) -> mx.array:
        """What the projection at this place makes of `x`; what the others do is kept for them."""
        if self._asked is not x or place not in self._parts:
            parts = mx.split(self.whole(x), self.bounds[1:-1], axis=-1)
            self._parts = dict(enumerate(parts))
        part = self._parts.pop(place)
        self._asked = x if self._parts else None
        return part


def speed_up_products(model: nn.Module, *, in_tiles: bool, in_columns: bool) -> None:
    """Have a float32 model compute projections together, and if told to whole tiles of tokens, with
    weights that lie in memory column by column.

    To be done before its weights are computed, lest there be two of each for a while.
    """
    if in_tiles:
        for module in model.modules():
            if type(module) is nn.Linear:
                module.__class__ = TiledLinear
            elif type(module) is nn.Embedding:
                module.__class__ = TiledEmbedding
    for module in model.modules():
        for names in _TOGETHER:
            layers = [module.get(name) for name in names]
            if _can_be_joined(layers):
                joint = _Joint(layers, in_columns=in_columns)
                for place, name in enumerate(names):
                    setattr(module, name, JointLinear(joint, place))
    if in_columns:
        # Beside an `lm_head` an embedding is only looked up, and that row by row.
        kinds = nn.Linear if "lm_head" in model else nn.Linear | nn.Embedding
        for module in model.modules():
            if isinstance(module, kinds) and type(module) is not JointLinear:
                module.weight = _column_by_column(module.weight)


def columns_are_faster() -> bool:
    """Whether a tile takes less time with weights that lie column by column, on this machine."""
    tile = mx.ones((TILE, _SIZE))
    return _is_faster((tile, _some_weight(in_columns=True)), (tile, _some_weight(in_columns=False)))


def tiles_are_faster(*, in_columns: bool) -> bool:
    """Whether a whole tile takes less time than three quarters of one, on this machine."""
    weight = _some_weight(in_columns=in_columns)
    whole, most = (mx.ones((num_tokens, _SIZE)) for num_tokens in (TILE, TILE - _LEAST))
    return _is_faster((whole, weight), (most, weight))


def _some_weight(*, in_columns: bool) -> mx.array:
    weight = mx.ones((_SIZE, _SIZE))
    return _column_by_column(weight) if in_columns else weight


def _column_by_column(weight: mx.array) -> mx.array:
    """The same numbers in another order in memory. Computed at once: what it was made of goes."""
    turned = mx.contiguous(weight.T).T
    mx.eval(turned)
    return turned


def _can_be_joined(layers: Sequence[Any]) -> bool:
    if any(type(layer) not in (nn.Linear, TiledLinear) for layer in layers):
        return False
    first = layers[0]
    return all(
        layer.weight.shape[1] == first.weight.shape[1] and ("bias" in layer) == ("bias" in first)
        for layer in layers
    )


def _in_tiles(product: Callable[[mx.array], mx.array], x: mx.array) -> mx.array:
    """The product with tokens along either of the first two axes of [rows, tokens, size]."""
    num_rows, num_tokens = x.shape[:2] if x.ndim == 3 else (1, 0)
    num_surplus = -(num_rows * num_tokens) % TILE
    if num_surplus == 0 or num_surplus > TILE - _LEAST or min(num_rows, num_tokens) > 1:
        return product(x)
    if num_rows > 1:
        return product(mx.pad(x, [(0, num_surplus), (0, 0), (0, 0)]))[:num_rows]
    return product(mx.pad(x, [(0, 0), (0, num_surplus), (0, 0)]))[:, :num_tokens]


def _is_faster(one: tuple[mx.array, mx.array], other: tuple[mx.array, mx.array]) -> bool:
    """Of two products, each of tokens and weights: the better of a few tries each."""
    mx.eval(one, other)
    pairs = [(_duration(*one), _duration(*other)) for _ in range(_NUM_TRIES)]
    return min(pair[0] for pair in pairs) < min(pair[1] for pair in pairs)


def _duration(x: mx.array, weight: mx.array) -> float:
    began_at = time.perf_counter()
    mx.eval(x @ weight.T)
    return time.perf_counter() - began_at
