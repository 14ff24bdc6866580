"""The next token sees quantised keys and values as it would the numbers that they stand for."""

import mlx.core as mx
import pytest

from agent_memory.device.rows.quantised import Quantised, can_quantise, quantise
from agent_memory.device.rows.quantised_attention import attend_to_quantised

LENGTH = 37


def some(seed: int, *shape: int) -> mx.array:
    return mx.random.normal(shape, key=mx.random.key(seed))


@pytest.mark.parametrize("dtype", [mx.float32, mx.float16])
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("head_size", [32, 64, 96, 128, 256])
@pytest.mark.parametrize("is_masked", [False, True])
def test_it_is_attention_to_the_numbers(
    dtype: mx.Dtype, bits: int, head_size: int, is_masked: bool
) -> None:
    queries = some(1, 1, 6, 1, head_size).astype(dtype)
    # A row's buffer is longer than the row.
    parts = [quantise(some(seed, 1, 2, 64, head_size).astype(dtype), bits) for seed in (2, 3)]
    keys, values = (
        Quantised((p[..., :LENGTH, :], s[..., :LENGTH, :], b[..., :LENGTH, :]), bits)
        for p, s, b in parts
    )
    mask = mx.arange(LENGTH) > 20 if is_masked else None
    scale = head_size**-0.5
    attended = attend_to_quantised(queries, keys, values, scale, mask)
    expected = mx.fast.scaled_dot_product_attention(
        queries, keys.dequantised(), values.dequantised(), scale=scale, mask=mask
    )
    assert attended.dtype == dtype
    tolerance = 1e-5 if dtype == mx.float32 else 1e-2
    assert float(mx.abs(attended - expected).max()) < tolerance


def test_heads_come_in_groups_of_64_or_32() -> None:
    sizes = (16, 32, 48, 64, 80, 96, 128)
    assert [size for size in sizes if can_quantise(size)] == [32, 64, 96, 128]
    groups = [quantise(some(1, 1, 1, 1, size), 8) for size in (32, 64, 96, 128)]
    assert [Quantised(parts, 8).group_size for parts in groups] == [32, 64, 32, 64]
