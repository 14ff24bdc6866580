"""The forms of a model's KV tensors, found out from two rows of different lengths."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent_memory.cache.kv_form import KvForm, TensorForm
from agent_memory.device.kv.cache_layout import CacheLayout, LayerKind
from agent_memory.device.kv.host_tensor import ITEM_SIZES
from agent_memory.device.kv.kv_block import dtype_name
from agent_memory.device.kv.kv_cut import STATE_FORM, Tensors, cut_snapshot, cut_tokens
from agent_memory.device.shelf.window_parts import is_window


def forms_of(layout: CacheLayout, rows: Sequence[Sequence[Any]], lengths: Sequence[int]) -> KvForm:
    """Of the tensors that blocks and snapshots of such rows are made of. Rows: two, of these
    different lengths."""
    tokens = [cut_tokens(row, layout, 0, length) for row, length in zip(rows, lengths, strict=True)]
    snapshots = [cut_snapshot(row, layout) for row in rows]
    return KvForm(_forms(tokens, {}), _forms(snapshots, _window_lengths(layout, rows[0])))


def _forms(tensors: Sequence[Tensors], windows: Mapping[str, int]) -> tuple[TensorForm, ...]:
    one, other = tensors
    forms: list[TensorForm] = []
    for name in one.keys() & other.keys():
        dtype = dtype_name(one[name])
        shape: list[int | None] = [
            a if a == b else None for a, b in zip(one[name].shape, other[name].shape, strict=True)
        ]
        most = windows.get(name.partition(".")[0]) if is_window(name) else None
        if most is not None:
            shape[-2] = None
        form = TensorForm(name, dtype, ITEM_SIZES[dtype], tuple(shape), most)
        if name.endswith(STATE_FORM) and None not in shape:
            form = replace(form, content=bytes(one[name].tolist()))  # type: ignore[arg-type]
        forms.append(form)
    return tuple(sorted(forms, key=lambda form: form.name))


def _window_lengths(layout: CacheLayout, row: Sequence[Any]) -> dict[str, int]:
    """Most tokens of the windows, by layer: the next token sees itself besides."""
    return {
        str(at): row[at].max_size - 1
        for at, kind in enumerate(layout.kinds)
        if kind is LayerKind.WINDOW
    }
