"""The form of a model's blocks is known before the first one is made."""

from pathlib import Path

import mlx.core as mx
import pytest

from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.kv.kv_block import dtype_name
from agent_memory.device.kv.kv_cut import cut_snapshot, cut_tokens
from agent_memory.device.kv.kv_forms import forms_of
from agent_memory.device.models.weights import load_weights
from agent_memory.testing.models import SHAPES, make_model_folder


@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - {"smollm2-135m"}))
def test_the_blocks_of_every_kind_of_model_have_the_form_that_was_found(
    tmp_path: Path, shape: str
) -> None:
    model, _ = load_weights(make_model_folder(tmp_path, shape))
    layout = CacheLayout(model)
    rows = [layout.new_layers() for _ in range(4)]
    lengths = (5, 3, 1, 90)
    for row, length in zip(rows, lengths, strict=True):
        mx.eval(model(mx.array([list(range(1, length + 1))]), cache=row))
    form = forms_of(layout, rows[:2], lengths[:2])
    for row, length in zip(rows, lengths, strict=True):
        tensors = {**cut_tokens(row, layout, length - 1, length), **cut_snapshot(row, layout)}
        described = {name: (dtype_name(t), tuple(t.shape)) for name, t in tensors.items()}
        is_snapshot = layout.has_snapshots
        assert form.misfit(described, length - 1, 1, is_snapshot=is_snapshot) is None
        num_bytes = sum(
            t.nbytes for name, t in tensors.items() if name in cut_snapshot(row, layout)
        )
        assert num_bytes <= form.snapshot_bytes(length)
