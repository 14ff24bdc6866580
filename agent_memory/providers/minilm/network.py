"""The forward pass of BERT over texts laid end to end, none of them padded."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from agent_memory.providers.minilm.gelu import gelu_in_place
from agent_memory.providers.minilm.weights import (
    HEAD_SIZE,
    NUM_DIMS,
    NUM_HEADS,
    Array,
    Layer,
    Linear,
    Norm,
    Weights,
)

_EPSILON = np.float32(1e-12)


def embed_packed(weights: Weights, texts: Sequence[Sequence[int]]) -> Array:
    """The normalised means [texts, dims] of the tokens' states; the order is kept.

    Everything but attention treats tokens one by one, so all texts pass through it as one matrix;
    attention takes texts of equal length together. Texts sorted by length are thus the fastest.
    """
    lengths = [len(text) for text in texts]
    states = _embed_tokens(weights, texts, lengths)
    for layer in weights.layers:
        _attend(layer, states, lengths)
        _feed_forward(layer, states)
    return _pool(states, lengths)


def _embed_tokens(
    weights: Weights, texts: Sequence[Sequence[int]], lengths: Sequence[int]
) -> Array:
    states: Array = weights.words[np.concatenate([np.asarray(text, np.intp) for text in texts])]
    states += weights.positions[np.concatenate([np.arange(length) for length in lengths])]
    _normalise(states, weights.norm)
    return states


def _attend(layer: Layer, states: Array, lengths: Sequence[int]) -> None:
    heads = layer.attention_in(states).reshape(-1, 3, NUM_HEADS, HEAD_SIZE)
    seen = np.empty((len(states), NUM_DIMS), np.float32)
    for begin, num_texts, length in _runs(lengths):
        end = begin + num_texts * length
        queries, keys, values = (
            heads[begin:end, part]
            .reshape(num_texts, length, NUM_HEADS, HEAD_SIZE)
            .transpose(0, 2, 1, 3)
            for part in range(3)
        )
        looked_at = _softmax_sums(scores := queries @ keys.transpose(0, 1, 3, 2))
        mixed = scores @ values
        mixed /= looked_at
        seen[begin:end] = mixed.transpose(0, 2, 1, 3).reshape(-1, NUM_DIMS)
    _add_normalised(states, layer.attention_out, seen, layer.attention_norm)


def _feed_forward(layer: Layer, states: Array) -> None:
    wide = layer.widen(states)
    gelu_in_place(wide)
    _add_normalised(states, layer.narrow, wide, layer.output_norm)


def _add_normalised(states: Array, linear: Linear, x: Array, norm: Norm) -> None:
    """A residual connection and the norm after it, in place."""
    states += linear(x)
    _normalise(states, norm)


def _softmax_sums(scores: Array) -> Array:
    """Turn scores into unnormalised weights in place; returns their sums, to be divided by."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    sums: Array = scores.sum(axis=-1, keepdims=True)
    return sums


def _normalise(states: Array, norm: Norm) -> None:
    states -= states.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", states, states) / np.float32(states.shape[1])
    states /= np.sqrt(variance + _EPSILON)[:, None]
    states *= norm.gain
    states += norm.bias


def _pool(states: Array, lengths: Sequence[int]) -> Array:
    begins = np.cumsum([0, *lengths[:-1]])
    pooled: Array = np.add.reduceat(states, begins, axis=0)
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    return pooled


def _runs(lengths: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Neighbouring texts of one length: (their first token, how many, their length)."""
    begin = 0
    for length, run in groupby(lengths):
        num_texts = sum(1 for _ in run)
        yield begin, num_texts, length
        begin += num_texts * length
