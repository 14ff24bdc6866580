"""Attention of one row to keys and values that are quantised."""

from typing import Any

import mlx.core as mx

from agent_memory.device.quantised import Quantised


def attend_to_quantised(
    queries: mx.array, keys: Quantised, values: Quantised, scale: float, mask: Any
) -> mx.array:
    """The next token's queries [1, heads, 1, head size]. `mask`: booleans [tokens], or None.

    Queries that share a head of keys become queries of one head: what is packed is read once.
    """
    _, num_heads, _, size = queries.shape
    num_kv_heads = keys.parts[0].shape[1]
    grouped = (queries * scale).reshape(1, num_kv_heads, num_heads // num_kv_heads, size)
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
