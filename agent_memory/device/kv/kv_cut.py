"""Blocks out of a row, and a row out of blocks.

Tensors are named after their layer: `<layer>.k` and `<layer>.v` hold the tokens of a block,
`<layer>.wk` and `<layer>.wv` a window, `<layer>.s…` parts of a state, and `<layer>.form` how the
state is put together (JSON). Where keys or values are quantised, these names are of the packed
values, and `<name>.scales` and `<name>.biases` stand beside them.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

import mlx.core as mx

from agent_memory.device.kv.cache_layout import CacheLayout, LayerKind

Tensors = Mapping[str, mx.array]

STATE_FORM = ".form"
"""How the tensor's name ends that says how a state is put together."""


def cut_tokens(layers: Sequence[Any], layout: CacheLayout, begin: int, end: int) -> Tensors:
    """Keys and values of the tokens from `begin` to `end` in every layer that has them."""
    tensors: dict[str, mx.array] = {}
    for at in layout.full:
        _name_pair(tensors, f"{at}.", layers[at].cut(begin, end))
    return tensors


def cut_snapshot(layers: Sequence[Any], layout: CacheLayout) -> Tensors:
    """Windows and states as they are now."""
    tensors: dict[str, mx.array] = {}
    for at, kind in enumerate(layout.kinds):
        if kind is LayerKind.WINDOW:
            _name_pair(tensors, f"{at}.w", layers[at].cut_window())
        elif kind is LayerKind.STATE:
            form = _take_apart(layers[at].state, f"{at}.s", tensors)
            tensors[f"{at}{STATE_FORM}"] = mx.array(list(json.dumps(form).encode()), mx.uint8)
    return tensors


def fill_layers(
    layers: Sequence[Any], layout: CacheLayout, blocks: Sequence[tuple[Tensors, int]]
) -> None:
    """Make empty layers hold the first so many tokens of each block, in order; windows and
    states come from the last."""
    for at in layout.full:
        layers[at].fill([_pair(tensors, f"{at}.", used) for tensors, used in blocks])
    last, length = blocks[-1][0], sum(used for _, used in blocks)
    for at, kind in enumerate(layout.kinds):
        if kind is LayerKind.WINDOW:
            layers[at].fill(_pair(last, f"{at}.w", None), length)
        elif kind is LayerKind.STATE:
            form = json.loads(bytes(last[f"{at}{STATE_FORM}"].tolist()))  # type: ignore[arg-type]
            layers[at].state = _put_together(form, last)


def adopt_buffers(
    layers: Sequence[Any], layout: CacheLayout, buffers: Tensors, length: int
) -> None:
    """Make empty layers, all of which can be cut by position, begin with the first `length` tokens
    of buffers that are theirs from now on."""
    for at in layout.full:
        layers[at].adopt(_whole_pair(buffers, f"{at}."), length)


def _name_pair(tensors: dict[str, mx.array], prefix: str, pair: Sequence[Any]) -> None:
    """Put keys and values, quantised or not, under their names into `tensors`."""
    for kind, part in zip("kv", pair, strict=True):
        if isinstance(part, mx.array):
            tensors[f"{prefix}{kind}"] = part
        else:
            tensors.update(zip(_quantised_names(f"{prefix}{kind}"), part, strict=True))


def _pair(tensors: Tensors, prefix: str, num_used: int | None) -> tuple[Any, Any]:
    """The first so many tokens, or all, of keys and values, as `_name_pair` named them."""
    keys, values = (_part(tensors, f"{prefix}{kind}", num_used) for kind in "kv")
    return keys, values


def _part(tensors: Tensors, name: str, num_used: int | None) -> Any:
    names = _quantised_names(name)
    if names[-1] not in tensors:
        return tensors[name][..., :num_used, :]
    return tuple(tensors[each][..., :num_used, :] for each in names)


def _whole_pair(tensors: Tensors, prefix: str) -> tuple[Any, Any]:
    """As `_pair`, without a slice: what is sliced cannot be written to in place."""
    keys, values = (_whole_part(tensors, f"{prefix}{kind}") for kind in "kv")
    return keys, values


def _whole_part(tensors: Tensors, name: str) -> Any:
    names = _quantised_names(name)
    return tensors[name] if names[-1] not in tensors else tuple(tensors[each] for each in names)


def _quantised_names(name: str) -> tuple[str, str, str]:
    return name, f"{name}.scales", f"{name}.biases"


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
