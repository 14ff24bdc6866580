"""Attention and activations on a CPU, where MLX has no fused kernels for them.

MLX composes them there from operations of its own, and computes exponentials one by one, on one
core. Numpy computes eight at a time, on all cores if it is told to, in the memory that MLX has
made: where there are many of them that is worth an interruption of MLX, which has to bring what
it was given to an end first. What comes out is the same to within rounding.
"""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import mlx.core as mx
import numpy as np
import numpy.typing as npt
from mlx import nn

_LOG2_E = math.log2(math.e)
_BLOCK = 128
"""Tokens whose attention is computed together: what they see of each other is half in vain."""
_MANY = 20 * 1024
"""Exponentials for which MLX is interrupted."""
_MANY_MORE = 128 * 1024
"""Those for which another core is asked."""
_NUM_CORES = os.cpu_count() or 1

Floats = npt.NDArray[np.float32]

_other_cores = ThreadPoolExecutor(_NUM_CORES, "cpu-math")


def attend_to_past(queries: mx.array, keys: mx.array, values: mx.array, scale: float) -> mx.array:
    """Causal attention of one row: the last tokens [1, heads, tokens, size], whose keys are the
    last of `keys` [1, key heads, length, size]."""
    _, num_heads, num_tokens, size = queries.shape
    num_kv_heads, length = keys.shape[1:3]
    if num_heads * num_tokens * length < _MANY or queries.dtype != mx.float32:
        return mx.fast.scaled_dot_product_attention(
            queries, keys, values, scale=scale, mask="causal"
        )
    num_past = length - num_tokens
    grouped = (queries * scale).reshape(
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
    if x.size < _MANY or x.dtype != mx.float32:
        # At a third of the time that MLX's own exponential takes.
        return x / (1.0 + mx.power(2.0, x * -_LOG2_E))
    numbers = _in_memory(x).reshape(-1, x.shape[-1])
    result = np.empty_like(numbers)

    def compute(rows: slice) -> None:
        part = np.negative(numbers[rows], out=result[rows])
        with np.errstate(over="ignore"):
            np.exp(part, out=part)
        part += 1.0
        np.divide(numbers[rows], part, out=part)

    _on_all_cores(compute, numbers)
    return mx.array(result).reshape(x.shape)


def install_activations() -> None:
    """Put `silu` where mlx-lm's models look for it."""
    nn.silu = silu


def _attend(queries: mx.array, keys: mx.array, values: mx.array) -> mx.array:
    """Queries [1, key heads, queries a key head, tokens, size], scaled."""
    _, num_kv_heads, num_each, num_tokens, size = queries.shape
    queries = queries.reshape(1, num_kv_heads, num_each * num_tokens, size)
    weights = queries @ keys.swapaxes(2, 3)
    totals = _exponentiate(_in_memory(weights), num_tokens)
    return (weights @ values) / mx.array(totals)


def _in_memory(promised: mx.array) -> Floats:
    """The same numbers, computed, in the same memory: what is changed is changed for all."""
    mx.eval(promised)
    return np.asarray(promised)


def _exponentiate(scores: Floats, num_tokens: int) -> Floats:
    """Make weights of scores [1, key heads, queries a key head and tokens, length], in their place;
    returns the sum of each token's."""
    length = scores.shape[-1]
    # Only among the newest tokens is there anything that some must not see.
    newest = scores.reshape(-1, num_tokens, length)[..., length - num_tokens :]
    newest += np.triu(np.full((num_tokens, num_tokens), -np.inf, np.float32), 1)
    numbers = scores.reshape(-1, length)
    totals = np.empty((*scores.shape[:-1], 1), np.float32)
    sums = totals.reshape(-1, 1)

    def compute(rows: slice) -> None:
        part = numbers[rows]
        part -= part.max(axis=1, keepdims=True)
        np.exp(part, out=part)
        part.sum(axis=1, keepdims=True, out=sums[rows])

    _on_all_cores(compute, numbers)
    return totals


def _on_all_cores(compute: Callable[[slice], None], numbers: Floats) -> None:
    """Do what there is to do for all rows of `numbers`, on as many cores as that is worth."""
    num_parts = max(1, min(_NUM_CORES, numbers.size // _MANY_MORE))
    bounds = [len(numbers) * at // num_parts for at in range(num_parts + 1)]
    first, *rest = [slice(*each) for each in pairwise(bounds)]
    others = [_other_cores.submit(compute, rows) for rows in rest]
    compute(first)
    for other in others:
        other.result()
