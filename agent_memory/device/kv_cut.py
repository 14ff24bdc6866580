"""Blocks out of a row, and a row out of blocks.

Tensors are named after their layer: `<layer>.k` and `<layer>.v` hold the tokens of a block,
`<layer>.wk` and `<layer>.wv` a window, `<layer>.s…` parts of a state, and `<layer>.form` how the
state is put together (JSON).
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

import mlx.core as mx

from agent_memory.device.cache_layout import CacheLayout, LayerKind

Tensors = Mapping[str, mx.array]


def cut_tokens(layers: Sequence[Any], layout: CacheLayout, begin: int, end: int) -> Tensors:
    """Keys and values of the tokens from `begin` to `end` in every layer that has them."""
    tensors: dict[str, mx.array] = {}
    for at in layout.full:
        tensors[f"{at}.k"], tensors[f"{at}.v"] = layers[at].cut(begin, end)
    return tensors


def cut_snapshot(layers: Sequence[Any], layout: CacheLayout) -> Tensors:
    """Windows and states as they are now."""
    tensors: dict[str, mx.array] = {}
    for at, kind in enumerate(layout.kinds):
        if kind is LayerKind.WINDOW:
            tensors[f"{at}.wk"], tensors[f"{at}.wv"] = layers[at].cut_window()
        elif kind is LayerKind.STATE:
            form = _take_apart(layers[at].state, f"{at}.s", tensors)
            tensors[f"{at}.form"] = mx.array(list(json.dumps(form).encode()), mx.uint8)
    return tensors


def fill_layers(
    layers: Sequence[Any], layout: CacheLayout, blocks: Sequence[tuple[Tensors, int]]
) -> None:
    """Make empty layers hold the first so many tokens of each block, in order; windows and
    states come from the last."""
    for at in layout.full:
        layers[at].fill(
            [
                (tensors[f"{at}.k"][..., :used, :], tensors[f"{at}.v"][..., :used, :])
                for tensors, used in blocks
            ]
        )
    last, length = blocks[-1][0], sum(used for _, used in blocks)
    for at, kind in enumerate(layout.kinds):
        if kind is LayerKind.WINDOW:
            layers[at].fill((last[f"{at}.wk"], last[f"{at}.wv"]), length)
        elif kind is LayerKind.STATE:
            form = json.loads(bytes(last[f"{at}.form"].tolist()))  # type: ignore[arg-type]
            layers[at].state = _put_together(form, last)


def _take_apart(value: Any, name: str, tensors: dict[str, mx.array]) -> Any:
    """How `value` is made up, its arrays put under names into `tensors`."""
    if isinstance(value, mx.array):
        tensors[name] = mx.contiguous(value)
        return {"array": name}
    if isinstance(value, list | tuple):
        parts = [_take_apart(part, f"{name}.{at}", tensors) for at, part in enumerate(value)]
        return {"list" if isinstance(value, list) else "tuple": parts}
    return {"value": value}


def _put_together(form: Any, tensors: Tensors) -> Any:
    """The value again. Its arrays are copies as soon as they are written to."""
    match form:
        case {"array": name}:
            return copy.copy(tensors[name])
        case {"list": parts}:
            return [_put_together(part, tensors) for part in parts]
        case {"tuple": parts}:
            return tuple(_put_together(part, tensors) for part in parts)
        case _:
            return form["value"]
