"""In which form a model's keys and values are kept, given what was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

import mlx.core as mx

from agent_memory.device.kv.cache_layout import CacheLayout, LayerKind
from agent_memory.device.rows.quantised import KvBits, can_quantise
from agent_memory.errors import ModelNotUsable
from agent_memory.settings import KvBitsName

_BITS: Mapping[KvBitsName, KvBits | None] = {
    "none": None,
    "8": KvBits(8, 8),
    "4": KvBits(4, 4),
    "k8v4": KvBits(8, 4),
}
_TOKENS = mx.array([[1, 2, 3]])


def bits_of(name: KvBitsName) -> KvBits | None:
    """What a setting asks for."""
    return _BITS[name]


def choose_layout(
    model: Any, config: Mapping[str, Any], name: str, bits: KvBits | None
) -> tuple[CacheLayout, str | None]:
    """The layout, and why its keys and values are not quantised although it was asked for.

    Raises `ModelNotUsable` when they could be but for their size, and whatever the model raises.
    """
    plain = CacheLayout(model)
    if bits is None:
        return plain, None
    head_sizes = _head_sizes(model, plain)
    if not head_sizes:
        return plain, "the model has none"
    if "kv_lora_rank" in config or "kv_lora_rank" in config.get("text_config", {}):
        return plain, "the model keeps them as one latent, small already"
    for size in head_sizes:
        if not can_quantise(size):
            raise ModelNotUsable(
                name, f"its heads of {size} numbers cannot be quantised: unset AGENT_MEMORY_KV_BITS"
            )
    quantised = CacheLayout(model, bits)
    why_not = _why_not(model, quantised)
    return (plain, why_not) if why_not else (quantised, None)


def _head_sizes(model: Any, layout: CacheLayout) -> Sequence[int]:
    layers = layout.new_layers()
    mx.eval(model(_TOKENS, cache=layers))
    parts = [
        part
        for kind, layer in zip(layout.kinds, layers, strict=True)
        if kind is not LayerKind.STATE
        for part in layer.keys_and_values()
    ]
    return [part.shape[-1] for part in parts]


def _why_not(model: Any, layout: CacheLayout) -> str | None:
    """None when the model takes what such layers give it."""
    layers = layout.new_layers()
    try:
        mx.eval(model(_TOKENS, cache=layers), model(_TOKENS[:, :1], cache=layers))
    except Exception as error:  # noqa: BLE001  models fail here in ways of their own
        reason = str(error).partition("\n")[0]
        if "sinks" in reason:
            return "the model's attention sinks need them as they are"
        return f"the model's attention does not take them ({reason})"
    return None
