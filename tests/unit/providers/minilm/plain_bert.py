"""BERT as its paper writes it, one text at a time in double precision: slow, and plainly right."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

Array = NDArray[np.float64]

_NUM_LAYERS, _NUM_HEADS = 6, 12
_erf = np.vectorize(math.erf, otypes=[np.float64])


class PlainBert:
    """The model of a folder whose matrices are whole numbers with a scale for each few of a row."""

    def __init__(self, folder: Path) -> None:
        stored = load_file(folder / "model.safetensors")
        self._tensors = {name: _exact(name, stored) for name in stored}

    def embed(self, tokens: Sequence[int]) -> Array:
        """The mean of the tokens' states, of length 1."""
        states = self._normed(
            self._matrix("embeddings.word_embeddings")[list(tokens)]
            + self._matrix("embeddings.position_embeddings")[: len(tokens)]
            + self._matrix("embeddings.token_type_embeddings")[0],
            "embeddings.LayerNorm",
        )
        for number in range(_NUM_LAYERS):
            layer = f"encoder.layer.{number}"
            seen = self._linear(self._seen(states, layer), f"{layer}.attention.output.dense")
            states = self._normed(states + seen, f"{layer}.attention.output.LayerNorm")
            wide = self._linear(states, f"{layer}.intermediate.dense")
            wide = wide * 0.5 * (1 + _erf(wide / math.sqrt(2)))
            states = self._normed(
                states + self._linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm"
            )
        mean: Array = states.mean(axis=0)
        return mean / float(np.linalg.norm(mean))

    def _seen(self, states: Array, layer: str) -> Array:
        queries, keys, values = (
            np.split(self._linear(states, f"{layer}.attention.self.{part}"), _NUM_HEADS, axis=1)
            for part in ("query", "key", "value")
        )
        heads = []
        for query, key, value in zip(queries, keys, values, strict=True):
            scores = np.exp(query @ key.T / math.sqrt(query.shape[1]))
            heads.append(scores / scores.sum(axis=1, keepdims=True) @ value)
        return np.concatenate(heads, axis=1)

    def _linear(self, x: Array, name: str) -> Array:
        product: Array = x @ self._matrix(name).T + self._tensors[f"{name}.bias"]
        return product

    def _normed(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-12)
        normed: Array = scaled * self._matrix(name) + self._tensors[f"{name}.bias"]
        return normed

    def _matrix(self, name: str) -> Array:
        return self._tensors[f"{name}.weight"]


def _exact(name: str, stored: Mapping[str, NDArray[np.generic]]) -> Array:
    tensor = stored[name].astype(np.float64)
    if f"{name}.scales" in stored:
        scales = stored[f"{name}.scales"].astype(np.float64)
        tensor *= np.repeat(scales, tensor.shape[1] // scales.shape[1], axis=1)
    return tensor
