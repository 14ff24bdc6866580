"""The form of a loaded model's keys and values, and whether its rows can be batched."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import mlx.core as mx
import numpy as np

from agent_memory.cache.kv_form import KvForm
from agent_memory.device.kv.cache_layout import CacheLayout, LayerKind
from agent_memory.device.kv.kv_cut import cut_tokens
from agent_memory.device.kv.kv_forms import forms_of
from agent_memory.device.rows.attention import batch_layers
from agent_memory.device.rows.row_buffers import Forms, TokenForm, reach_device

_TOLERANCE = {mx.float32: 1e-3}
_HALF_TOLERANCE = 5e-2


@dataclass(frozen=True, slots=True)
class Probe:
    """num_logits: length of the logits. is_finite: all of them are numbers, neither NaN nor
    infinite. kv_format names the bit pattern. why_single says why rows
    are computed one at a time. feeds_beside: many tokens of one row and one of each other can go
    through the model together. forms: of what can be cut by position, where the host can write
    straight into it. kv_form: of all that blocks and snapshots are made of."""

    num_logits: int
    is_finite: bool
    kv_format: str
    bytes_per_token: int
    why_single: str | None
    feeds_beside: bool
    forms: Forms
    kv_form: KvForm


def probe_model(model: Any, layout: CacheLayout) -> Probe:
    """Feed the model a few tokens in several ways. Raises whatever the model raises."""
    rows = [layout.new_layers() for _ in range(2)]
    is_finite = True
    for num_tokens, layers in zip((5, 3), rows, strict=True):
        logits = model(mx.array([list(range(1, num_tokens + 1))]), cache=layers)
        is_finite = bool(mx.isfinite(logits).all()) and is_finite
    pairs = [rows[0][at].keys_and_values() for at in layout.full]
    bytes_per_token = sum(keys.nbytes + values.nbytes for keys, values in pairs) // 5
    kv_format = _kv_format(layout, rows[0])
    kv_form = forms_of(layout, rows, (5, 3))
    if not layout.is_trimmable:
        # States are kept in mlx-lm's own form, which its versions change.
        return Probe(
            logits.shape[-1],
            is_finite,
            f"{kv_format}+mlx_lm-{version('mlx-lm')}",
            bytes_per_token,
            "it has layers with a recurrent state",
            feeds_beside=False,
            forms={},
            kv_form=kv_form,
        )
    why_single = _why_single(model, layout, rows, (5, 3))
    feeds_beside = why_single is None and _feeds_beside(model, layout, rows, (5, 3))
    tensors = cut_tokens(rows[0], layout, 0, 3)
    forms = {name: TokenForm.of(tensor) for name, tensor in tensors.items()}
    if not reach_device():
        forms = {}
    return Probe(
        logits.shape[-1],
        is_finite,
        kv_format,
        bytes_per_token,
        why_single,
        feeds_beside,
        forms,
        kv_form,
    )


def _kv_format(layout: CacheLayout, layers: Sequence[Any]) -> str:
    """Such as `float32`, or `float32+q8g64`: 8 bits in groups of 64."""
    kinds = zip(layout.kinds, layers, strict=True)
    fed = [layer.keys_and_values() for kind, layer in kinds if kind is not LayerKind.STATE]
    parts = [part for pair in fed for part in pair]
    dtype = parts[0].dtype if parts else mx.float32
    name = str(dtype).removeprefix("mlx.core.")
    if layout.kv_bits is None:
        return name
    groups = sorted({part.group_size for part in parts})
    return f"{name}+{layout.kv_bits}g{'-'.join(map(str, groups))}"


def _why_single(
    model: Any, layout: CacheLayout, rows: Sequence[Sequence[Any]], lengths: Sequence[int]
) -> str | None:
    """None when rows computed together, or several tokens of one, give what each gives alone. The
    rows stay as they are."""
    tokens, several = mx.array([[7], [8]]), mx.array([[7, 8]])
    alone = mx.concatenate(
        [model(tokens[at : at + 1], cache=layout.fork(layers)) for at, layers in enumerate(rows)]
    )
    alone_several = model(several, cache=layout.fork(rows[0]))[:, -1]
    try:
        single = batch_layers([layout.fork(rows[0])], lengths[:1])
        together_several = model(several, cache=single)[:, -1]
        batch = batch_layers([layout.fork(layers) for layers in rows], lengths)
        together = model(tokens, cache=batch)
        difference = max(_largest(together - alone), _largest(together_several - alone_several))
    except Exception as error:  # noqa: BLE001  models fail here in ways of their own
        reason = str(error).partition("\n")[0]
        return f"its layers do not take rows of different lengths ({reason})"
    if difference > _tolerance(alone):
        return "its rows do not come out the same in a batch"
    return None


def _feeds_beside(
    model: Any, layout: CacheLayout, rows: Sequence[Sequence[Any]], lengths: Sequence[int]
) -> bool:
    """Several tokens of the first row and one of the second give together what each gives alone.
    The rows stay as they are."""
    several, one = [7, 8, 9], [5]
    alone = mx.concatenate(
        [
            model(mx.array([tokens]), cache=layout.fork(layers))[:, -1]
            for tokens, layers in zip((several, one), rows, strict=True)
        ]
    )
    first, second = lengths
    positions = [*range(first, first + len(several)), second]
    cache = batch_layers([layout.fork(layers) for layers in rows], positions)
    try:
        together = model(mx.array(several + one)[:, None], cache=cache)[len(several) - 1 :, -1]
        return _largest(together - alone) <= _tolerance(alone)
    except Exception:  # noqa: BLE001  models fail here in ways of their own
        return False


def _tolerance(logits: mx.array) -> float:
    return _TOLERANCE.get(logits.dtype, _HALF_TOLERANCE) * max(1.0, _largest(logits))


def _largest(values: mx.array) -> float:
    return float(np.asarray(mx.abs(values).max().astype(mx.float32)))
