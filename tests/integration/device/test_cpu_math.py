import mlx.core as mx
import pytest

from agent_memory.device.cpu_math import attend_to_past, silu


def _random(*shape: int) -> mx.array:
    return mx.random.normal(shape)


@pytest.mark.parametrize(
    ("num_tokens", "length"), [(2, 2), (29, 858), (128, 128), (129, 300), (300, 300)]
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


def test_the_activation_is_mlx_s_own() -> None:
    x = mx.concatenate([10 * _random(1000), mx.array([-1e30, -200.0, 0.0, 200.0, 1e30])])
    stock = x * mx.sigmoid(x)
    assert mx.allclose(silu(x), stock, rtol=1e-5, atol=1e-6)
