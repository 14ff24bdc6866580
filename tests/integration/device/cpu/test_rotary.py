from typing import Any

import mlx.core as mx
import pytest
from mlx import nn

from agent_memory.device.cpu.rotary import share_rotary


def _model(*rotaries: nn.RoPE) -> Any:
    """A model whose layers have nothing but these."""
    model = nn.Module()
    model.layers = [nn.Module() for _ in rotaries]
    for layer, rotary in zip(model.layers, rotaries, strict=True):
        layer.rope = rotary
    return model


def _shared(rotary: nn.RoPE) -> Any:
    model = _model(rotary)
    share_rotary(model)
    return model.layers[0].rope


@pytest.mark.parametrize("base", [10000.0, 100000.0, 1e6])
@pytest.mark.parametrize("num_dims", [64, 32])
@pytest.mark.parametrize("scale", [1.0, 0.125])
def test_positions_are_those_of_mlx_bit_for_bit(base: float, num_dims: int, scale: float) -> None:
    stock = nn.RoPE(num_dims, base=base, scale=scale)
    shared = _shared(stock)
    assert shared is not stock
    rows = mx.array([3, 77, 1024, 5000])
    for shape, offset in (
        ((1, 9, 1, 64), 5),
        ((1, 9, 37, 64), 900),
        ((1, 3, 37, 64), 901),
        ((4, 3, 1, 64), rows),
        ((4, 9, 1, 64), rows),
        ((4, 9, 1, 64), rows + 1),
        ((1, 3, 1, 64), mx.array([77])),
    ):
        x = mx.random.normal(shape)
        assert mx.array_equal(shared(x, offset=offset), stock(x, offset=offset))


def test_layers_of_one_kind_compute_their_angles_once() -> None:
    model = _model(nn.RoPE(32, base=1e4), nn.RoPE(32, base=1e4), nn.RoPE(32, base=1e6))
    share_rotary(model)
    first, second, other = (layer.rope for layer in model.layers)
    x, offset = mx.random.normal((2, 1, 1, 32)), mx.array([3, 9])
    first(x, offset)
    known = first._angles.at(offset, 1)
    assert second._angles.at(offset, 1)[0] is known[0]
    assert other._angles.at(offset, 1)[0] is not known[0]


def test_neighbours_are_left_to_mlx() -> None:
    stock = nn.RoPE(32, traditional=True)
    assert _shared(stock) is stock
