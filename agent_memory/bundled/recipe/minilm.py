"""How the bundled weights of all-MiniLM-L6-v2 are made from its original ones.

`python -m agent_memory.bundled.recipe.minilm FOLDER` reads a folder with `model.safetensors` in
float32 and `tokenizer.json`, as the model is published, and writes `agent_memory/bundled/minilm/`.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from agent_memory.bundled import minilm_path

GROUP = 32
"""Neighbours along a row that share a scale: a cosine then moves by 0.005 at most (16 texts)."""
_LARGEST = 127
_UNUSED = ("pooler.", "embeddings.position_ids")


def main(source: Path) -> None:
    folder = minilm_path()
    weights = folder / "model.safetensors"
    save_file(packed(load_file(source / weights.name)), weights)
    weights.chmod(0o644)
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")


def packed(tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.generic]]:
    """Matrices as eight bits a number, with `<name>.scales`; what is one row stays as it is."""
    stored: dict[str, NDArray[np.generic]] = {}
    for name, tensor in tensors.items():
        if name.startswith(_UNUSED):
            continue
        if tensor.ndim == 1:
            stored[name] = tensor
        else:
            stored[name], stored[f"{name}.scales"] = _eight_bits(tensor)
    return stored


def _eight_bits(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    groups = matrix.reshape(len(matrix), -1, GROUP)
    scales = (np.abs(groups).max(axis=2) / _LARGEST).astype(np.float16)
    scales[scales == 0] = 1
    numbers = np.rint(groups / scales[:, :, None].astype(np.float32))
    return np.clip(numbers, -_LARGEST, _LARGEST).astype(np.int8).reshape(matrix.shape), scales


if __name__ == "__main__":
    main(Path(sys.argv[1]))
