"""Attention of one row to keys and values that are quantised."""

from collections.abc import Iterator
from typing import Any

import mlx.core as mx

from agent_memory.device.device_kind import device_kind
from agent_memory.device.rows.quantised import Quantised


def attend_to_quantised(
    queries: mx.array, keys: Quantised, values: Quantised, scale: float, mask: Any
) -> mx.array:
    """The next token's queries [1, heads, 1, head size]. `mask`: booleans [tokens], or None.

    Queries that share a head of keys become queries of one head: what is packed is read once.
    """
    _, num_heads, _, size = queries.shape
    num_kv_heads = keys.parts[0].shape[1]
    grouped = (queries * scale).reshape(1, num_kv_heads, num_heads // num_kv_heads, size)
    if queries.dtype == mx.float32 and device_kind().is_cpu:
        scores = _scores_on_cpu(grouped, keys)
    else:
        scores = _times(grouped, keys, transpose=True)
    if mask is not None:
        scores = mx.where(mask, scores, mx.finfo(scores.dtype).min)
    weights = mx.softmax(scores, axis=-1, precise=True)
    return _times(weights, values, transpose=False).reshape(1, num_heads, 1, -1)


def _times(numbers: mx.array, quantised: Quantised, *, transpose: bool) -> mx.array:
    return mx.quantized_matmul(
        numbers,
        *quantised.parts,
        transpose=transpose,
        group_size=quantised.group_size,
        bits=quantised.bits,
    )


def _scores_on_cpu(queries: mx.array, keys: Quantised) -> mx.array:
    """Queries times keys, in less than half the time of MLX's own product with packed numbers.

    A key is a scale times whole numbers plus a bias: the whole numbers go through the BLAS, and
    scale and bias are put in after it, group by group.
    """
    num_groups = keys.parts[1].shape[-1]
    return sum(
        (_scores_of_group(queries, keys, group) for group in range(1, num_groups)),
        start=_scores_of_group(queries, keys, 0),
    )


def _scores_of_group(queries: mx.array, keys: Quantised, group: int) -> mx.array:
    size = keys.group_size
    _, scales, biases = (part[..., group : group + 1].swapaxes(2, 3) for part in keys.parts)
    sums = queries[..., group * size : (group + 1) * size].sum(axis=-1, keepdims=True)
    return _whole_products(queries, keys, group) * scales + sums * biases


def _whole_products(queries: mx.array, keys: Quantised, group: int) -> mx.array:
    """A group of the queries times the whole numbers that keys are packed of."""
    products = [
        strand[..., group * width : (group + 1) * width]
        @ numbers[..., group * width : (group + 1) * width].astype(queries.dtype).swapaxes(2, 3)
        for strand, numbers, width in _strands(queries, keys)
    ]
    return products[0] if len(products) == 1 else products[0] + products[1]


def _strands(queries: mx.array, keys: Quantised) -> Iterator[tuple[mx.array, mx.array, int]]:
    """Queries, the whole numbers that belong to them, and how many of them are a group's: all of
    them with 8 bits, every second one with 4, of which a byte holds the first in its lower half."""
    packed = keys.parts[0].view(mx.uint8)
    if keys.bits == 8:
        yield queries, packed, keys.group_size
    else:
        yield queries[..., 0::2], packed & 15, keys.group_size // 2
        yield queries[..., 1::2], packed >> 4, keys.group_size // 2
