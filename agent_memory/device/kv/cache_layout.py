"""Which of a model's layers can be cut by position, and fresh ones for a row."""

import copy
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from mlx_lm.models.cache import KVCache, RotatingKVCache, make_prompt_cache

from agent_memory.device.rows.quantised import KvBits
from agent_memory.device.rows.quantised_layer import QuantisedFullLayer, QuantisedWindowLayer
from agent_memory.device.rows.row_layers import FullLayer, WindowLayer


class LayerKind(StrEnum):
    FULL = "full"
    """Keys and values of every token: blocks can be cut out of it."""
    WINDOW = "window"
    """Keys and values of the last tokens."""
    STATE = "state"
    """Whatever mlx-lm keeps there; it can only be kept and put back as a whole."""


class CacheLayout:
    """The layers of one model's cache, in order. kv_bits: of keys and values; None: as the model
    computes them."""

    def __init__(self, model: Any, kv_bits: KvBits | None = None) -> None:
        self._model = model
        self.kv_bits = kv_bits
        self.kinds = tuple(_kind(cache) for cache in make_prompt_cache(model))
        self.full = tuple(at for at, kind in enumerate(self.kinds) if kind is LayerKind.FULL)

    @property
    def has_snapshots(self) -> bool:
        """Some layer cannot be cut by position."""
        return any(kind is not LayerKind.FULL for kind in self.kinds)

    @property
    def is_trimmable(self) -> bool:
        """Tokens that a row was fed too many can be cut off again."""
        return all(kind is not LayerKind.STATE for kind in self.kinds)

    def new_layers(self) -> list[Any]:
        """Empty layers for one row."""
        return [_own(cache, self.kv_bits) for cache in make_prompt_cache(self._model)]

    def fork(self, layers: Sequence[Any]) -> list[Any]:
        """Layers with the same content; the device copies them when either is written to."""
        copies = self.new_layers()
        for at, (kind, layer) in enumerate(zip(self.kinds, layers, strict=True)):
            if kind is LayerKind.STATE:
                copies[at].state = _twin(layer.state)
            else:
                copies[at] = layer.fork()
        return copies


def _twin(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_twin, value))
    return copy.copy(value)


def _kind(cache: Any) -> LayerKind:
    if type(cache) is KVCache:
        return LayerKind.FULL
    if type(cache) is RotatingKVCache and cache.keep == 0:
        return LayerKind.WINDOW
    return LayerKind.STATE


def _own(cache: Any, bits: KvBits | None) -> Any:
    match _kind(cache):
        case LayerKind.FULL:
            return FullLayer() if bits is None else QuantisedFullLayer.new(bits)
        case LayerKind.WINDOW:
            window = cache.max_size
            return WindowLayer(window) if bits is None else QuantisedWindowLayer.new(bits, window)
        case LayerKind.STATE:
            return cache
