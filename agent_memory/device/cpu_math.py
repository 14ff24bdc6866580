"""Attention and activations on a CPU, where MLX has no fused kernels for them.

MLX composes them there from operations of its own, among which exponentials cost the most: they
are computed one by one, at a third of the speed of powers of two. What is put together here gives
the same to within rounding.
"""

import math

import mlx.core as mx
from mlx import nn

_LOG2_E = math.log2(math.e)
_BLOCK = 128
"""Tokens whose attention is computed together: what they see of each other is half in vain."""


def attend_to_past(queries: mx.array, keys: mx.array, values: mx.array, scale: float) -> mx.array:
    """Causal attention of one row: the last tokens [1, heads, tokens, size], whose keys are the
    last of `keys` [1, key heads, length, size]."""
    _, num_heads, num_tokens, size = queries.shape
    num_kv_heads, length = keys.shape[1:3]
    num_past = length - num_tokens
    grouped = (queries * (scale * _LOG2_E)).reshape(
        1, num_kv_heads, num_heads // num_kv_heads, num_tokens, size
    )
    parts = [
        _attend(
            grouped[..., begin : begin + _BLOCK, :],
            keys[..., : num_past + begin + _BLOCK, :],
            values[..., : num_past + begin + _BLOCK, :],
        ).reshape(1, num_heads, -1, values.shape[-1])
        for begin in range(0, num_tokens, _BLOCK)
    ]
    return parts[0] if len(parts) == 1 else mx.concatenate(parts, axis=2)


def silu(x: mx.array) -> mx.array:
    """x times its logistic function."""
    return x / (1.0 + mx.power(2.0, x * -_LOG2_E))


def install_activations() -> None:
    """Put `silu` where mlx-lm's models look for it."""
    nn.silu = silu


def _attend(queries: mx.array, keys: mx.array, values: mx.array) -> mx.array:
    """Queries [1, key heads, queries a key head, tokens, size] that hold the logarithm's base."""
    _, num_kv_heads, num_each, num_tokens, size = queries.shape
    queries = queries.reshape(1, num_kv_heads, num_each * num_tokens, size)
    num_past = keys.shape[2] - num_tokens
    # Only among the newest tokens is there anything that some must not see.
    newest = queries @ keys[..., num_past:, :].swapaxes(2, 3)
    newest = newest.reshape(1, num_kv_heads, num_each, num_tokens, num_tokens)
    order = mx.arange(num_tokens)
    newest = mx.where(order[:, None] >= order, newest, -mx.inf)
    newest = newest.reshape(1, num_kv_heads, num_each * num_tokens, num_tokens)
    highest = newest.max(axis=-1, keepdims=True)
    if num_past == 0:
        weights = mx.power(2.0, newest - highest)
        return (weights @ values) / weights.sum(axis=-1, keepdims=True)
    past = queries @ keys[..., :num_past, :].swapaxes(2, 3)
    highest = mx.maximum(highest, past.max(axis=-1, keepdims=True))
    weights, new_weights = mx.power(2.0, past - highest), mx.power(2.0, newest - highest)
    attended = weights @ values[..., :num_past, :] + new_weights @ values[..., num_past:, :]
    total = weights.sum(axis=-1, keepdims=True) + new_weights.sum(axis=-1, keepdims=True)
    return attended / total
