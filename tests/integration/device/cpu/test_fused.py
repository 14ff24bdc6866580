import mlx.core as mx
import numpy as np
import pytest

from agent_memory.device.cpu.fused import attend_to_past, silu


def _random(*shape: int) -> mx.array:
    return mx.random.normal(shape)


@pytest.mark.parametrize(
    ("num_tokens", "length"), [(2, 2), (29, 858), (29, 6000), (128, 128), (129, 300), (300, 300)]
)
@pytest.mark.parametrize(("num_heads", "num_kv_heads"), [(9, 3), (4, 4)])
def test_attention_sees_what_mlx_s_own_sees(
    num_tokens: int, length: int, num_heads: int, num_kv_heads: int
) -> None:
    queries = _random(1, num_heads, num_tokens, 64)
    keys, values = _random(1, num_kv_heads, length, 64), _random(1, num_kv_heads, length, 32)
    stock = mx.fast.scaled_dot_product_attention(queries, keys, values, scale=0.2, mask="causal")
    assert mx.allclose(attend_to_past(queries, keys, values, 0.2), stock, rtol=1e-4, atol=1e-5)


def test_attention_bears_scores_that_no_float_can_raise_to() -> None:
    queries = keys = 40.0 * _random(1, 2, 5, 64)
    values = _random(1, 2, 5, 64)
    stock = mx.fast.scaled_dot_product_attention(queries, keys, values, scale=1.0, mask="causal")
    assert mx.allclose(attend_to_past(queries, keys, values, 1.0), stock, rtol=1e-4, atol=1e-5)


def test_attention_in_half_precision_is_mlx_s_own() -> None:
    queries, keys, values = (_random(1, 4, 128, 64).astype(mx.float16) for _ in range(3))
    stock = mx.fast.scaled_dot_product_attention(queries, keys, values, scale=0.2, mask="causal")
    assert mx.array_equal(attend_to_past(queries, keys, values, 0.2), stock)


def test_attention_changes_nothing_that_it_is_given() -> None:
    queries, keys, values = (_random(1, 2, 300, 64) for _ in range(3))
    given = [np.array(each) for each in (queries, keys, values)]
    mx.eval(attend_to_past(queries, keys, values, 0.2))
    assert all(np.array_equal(*pair) for pair in zip(given, (queries, keys, values), strict=True))


@pytest.mark.parametrize("num_rows", [1, 200, 400])
def test_the_activation_is_mlx_s_own(num_rows: int) -> None:
    extremes = mx.array([-1e30, -200.0, 0.0, 200.0, 1e30])
    x = mx.concatenate([10 * _random(num_rows, 995), mx.tile(extremes, (num_rows, 1))], axis=1)
    stock = x * mx.sigmoid(x)
    assert mx.allclose(silu(x), stock, rtol=1e-5, atol=1e-6)


def test_the_activation_takes_a_part_of_a_product_and_leaves_it_as_it_is() -> None:
    gate, _ = mx.split(_random(1, 100, 1200), 2, axis=-1)
    before = np.array(gate)
    stock = gate * mx.sigmoid(gate)
    mx.eval(stock)
    assert mx.allclose(silu(gate), stock, rtol=1e-5, atol=1e-6)
    assert np.array_equal(gate, before)
