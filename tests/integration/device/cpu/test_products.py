from typing import Any

import mlx.core as mx
import pytest
from mlx import nn

from agent_memory.device.cpu.products import speed_up_products


class Attention(nn.Module):  # type: ignore[misc]
    def __init__(self, *, bias: bool) -> None:
        super().__init__()
        self.q_proj = nn.Linear(24, 40, bias=bias)
        self.k_proj = nn.Linear(24, 8, bias=bias)
        self.v_proj = nn.Linear(24, 16, bias=bias)
        self.o_proj = nn.Linear(24, 24, bias=bias)


def _pair(*, bias: bool, in_tiles: bool, in_columns: bool = True) -> tuple[Any, Any]:
    """The same weights, sped up and not."""
    plain, fast = Attention(bias=bias), Attention(bias=bias)
    fast.update(plain.parameters())
    speed_up_products(fast, in_tiles=in_tiles, in_columns=in_columns)
    return plain, fast


def _close(one: mx.array, other: mx.array) -> bool:
    return one.shape == other.shape and bool(mx.allclose(one, other, rtol=1e-5, atol=1e-6))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("in_tiles", [False, True])
@pytest.mark.parametrize("in_columns", [False, True])
@pytest.mark.parametrize(
    "shape", [(1, 1, 24), (5, 1, 24), (1, 12, 24), (1, 16, 24), (1, 29, 24), (3, 5, 24), (7, 24)]
)
def test_projections_are_those_of_mlx(
    shape: tuple[int, ...], *, bias: bool, in_tiles: bool, in_columns: bool
) -> None:
    plain, fast = _pair(bias=bias, in_tiles=in_tiles, in_columns=in_columns)
    x = mx.random.normal(shape)
    for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
        assert _close(fast[name](x), plain[name](x))


def test_each_of_joint_projections_can_be_asked_in_any_order_and_again() -> None:
    plain, fast = _pair(bias=True, in_tiles=True)
    one, other = mx.random.normal((4, 1, 24)), mx.random.normal((4, 1, 24))
    for name, x in (
        ("v_proj", one),
        ("v_proj", one),
        ("q_proj", one),
        ("k_proj", other),
        ("q_proj", one),
        ("v_proj", other),
    ):
        assert _close(fast[name](x), plain[name](x))


def test_joint_projections_keep_their_weights_and_no_more_memory() -> None:
    plain, fast = _pair(bias=True, in_tiles=True)
    for name in ("q_proj", "k_proj", "v_proj"):
        assert mx.array_equal(fast[name].weight, plain[name].weight)
        assert mx.array_equal(fast[name].bias, plain[name].bias)
    tokens = mx.random.normal((4, 1, 24))
    mx.eval(fast.q_proj(tokens))
    before = mx.get_active_memory()
    for _ in range(50):
        mx.eval([fast[name](tokens) for name in ("q_proj", "k_proj", "v_proj")])
    assert mx.get_active_memory() - before < 50 * tokens.nbytes


def test_the_last_projection_of_an_embedding_is_that_of_mlx() -> None:
    model = nn.Module()
    model.embed_tokens = nn.Embedding(50, 24)
    x = mx.random.normal((6, 1, 24))
    plain = model.embed_tokens.as_linear(x)
    speed_up_products(model, in_tiles=True, in_columns=True)
    assert _close(model.embed_tokens.as_linear(x), plain)
    assert mx.array_equal(model.embed_tokens(mx.array([3])), model.embed_tokens.weight[3:4])


def test_projections_that_do_not_read_the_same_stay_apart() -> None:
    model = nn.Module()
    model.gate_proj, model.up_proj = nn.Linear(24, 8), nn.Linear(16, 8)
    speed_up_products(model, in_tiles=False, in_columns=False)
    assert type(model.gate_proj) is nn.Linear
