"""The weights of all-MiniLM-L6-v2, read from the eight bits in which they are bundled."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

NUM_LAYERS = 6
NUM_HEADS = 12
HEAD_SIZE = 32
NUM_DIMS = NUM_HEADS * HEAD_SIZE

Array = NDArray[np.float32]

_SCALES = ".scales"


@dataclass(frozen=True, slots=True)
class Linear:
    """x @ weight + bias. `weight` is [in, out], contiguous."""

    weight: Array
    bias: Array

    @classmethod
    def joined(cls, *parts: "Linear") -> Self:
        """One product in place of several of the same input."""
        return cls(
            np.ascontiguousarray(np.concatenate([part.weight for part in parts], axis=1)),
            np.concatenate([part.bias for part in parts]),
        )

    def scaled(self, factor: float) -> "Linear":
        return Linear(self.weight * np.float32(factor), self.bias * np.float32(factor))

    def __call__(self, x: Array) -> Array:
        y: Array = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation over the last axis."""

    gain: Array
    bias: Array


@dataclass(frozen=True, slots=True)
class Layer:
    """`attention_in` yields queries (divided by the root of the head's size), keys and values."""

    attention_in: Linear
    attention_out: Linear
    attention_norm: Norm
    widen: Linear
    narrow: Linear
    output_norm: Norm


@dataclass(frozen=True, slots=True)
class Weights:
    """All of the model, 90 MB. `positions` bears the embedding of the first segment already."""

    words: Array
    positions: Array
    norm: Norm
    layers: tuple[Layer, ...]

    @classmethod
    def load(cls, folder: Path) -> Self:
        tensors = _unpacked(load_file(folder / "model.safetensors"))
        segment = tensors["embeddings.token_type_embeddings.weight"][0]
        return cls(
            words=tensors["embeddings.word_embeddings.weight"],
            positions=tensors["embeddings.position_embeddings.weight"] + segment,
            norm=_norm(tensors, "embeddings.LayerNorm"),
            layers=tuple(_layer(tensors, f"encoder.layer.{n}") for n in range(NUM_LAYERS)),
        )


def _unpacked(stored: Mapping[str, NDArray[np.generic]]) -> dict[str, Array]:
    """Each matrix is stored as whole numbers, with a scale for each few of a row."""
    return {
        name: _scaled(tensor, scales)
        if (scales := stored.get(f"{name}{_SCALES}")) is not None
        else tensor.astype(np.float32)
        for name, tensor in stored.items()
        if not name.endswith(_SCALES)
    }


def _scaled(numbers: NDArray[np.generic], scales: NDArray[np.generic]) -> Array:
    matrix = numbers.astype(np.float32)
    groups = matrix.reshape(*scales.shape, -1)
    groups *= scales.astype(np.float32)[:, :, None]
    return matrix


def _layer(tensors: Mapping[str, Array], name: str) -> Layer:
    attention = f"{name}.attention.self"
    return Layer(
        attention_in=Linear.joined(
            _linear(tensors, f"{attention}.query").scaled(HEAD_SIZE**-0.5),
            _linear(tensors, f"{attention}.key"),
            _linear(tensors, f"{attention}.value"),
        ),
        attention_out=_linear(tensors, f"{name}.attention.output.dense"),
        attention_norm=_norm(tensors, f"{name}.attention.output.LayerNorm"),
        widen=_linear(tensors, f"{name}.intermediate.dense"),
        narrow=_linear(tensors, f"{name}.output.dense"),
        output_norm=_norm(tensors, f"{name}.output.LayerNorm"),
    )


def _linear(tensors: Mapping[str, Array], name: str) -> Linear:
    weight = np.ascontiguousarray(tensors[f"{name}.weight"].T)
    return Linear(weight, tensors[f"{name}.bias"])


def _norm(tensors: Mapping[str, Array], name: str) -> Norm:
    return Norm(tensors[f"{name}.weight"], tensors[f"{name}.bias"])
