"""An mlx or mlx-lm that has changed under the engine is found at the start."""

from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import pytest

from agent_memory.device.engine import MlxEngine
from agent_memory.device.models.self_test import run_self_test
from agent_memory.device.rows.attention import PerRow, install_attention
from agent_memory.device.rows.row_layers import FullLayer, KeysValues
from agent_memory.errors import InvariantBroken, ModelNotUsable
from tests.integration.device.conftest import small_settings


def forgetful_attention(
    queries: mx.array, keys: PerRow, values: PerRow, scale: float, mask: object
) -> mx.array:
    return mx.zeros_like(queries)


def careless_cut(layer: FullLayer, begin: int, end: int) -> KeysValues:
    return layer.keys[..., begin:end, :] + 1e-6, layer.values[..., begin:end, :]


def test_it_passes_here() -> None:
    install_attention()
    run_self_test()


def test_attention_that_mixes_rows_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    install_attention()
    monkeypatch.setattr("agent_memory.device.rows.attention._attend_by_row", forgetful_attention)
    with pytest.raises(InvariantBroken, match="in a batch"):
        run_self_test()


def test_a_bit_that_changes_in_keeping_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    install_attention()
    monkeypatch.setattr(FullLayer, "cut", careless_cut)
    with pytest.raises(InvariantBroken, match="restored row"):
        run_self_test()


def test_an_engine_does_not_start_when_it_fails(
    model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_memory.device.rows.attention._attend_by_row", forgetful_attention)
    with pytest.raises(ModelNotUsable, match="self-test failed on this machine"):
        MlxEngine.load(model_folder("llama"), "llama", small_settings(), None)
