"""The bundled model as any server computes it well."""

import shutil
from pathlib import Path

import mlx.core as mx

from agent_memory import bundled


def float32_model(folder: Path) -> Path:
    """A copy of the bundled model below `folder`, its weights in float32: on a Linux CPU half as
    many bits take a peer that does not widen them many times as long."""
    copy = folder / "tiny-float32"
    shutil.copytree(bundled.path(), copy)
    file = copy / "model.safetensors"
    stored = mx.load(str(file))
    if not isinstance(stored, dict):
        raise TypeError(f"{file} holds no named weights")
    weights = {name: weight.astype(mx.float32) for name, weight in stored.items()}
    mx.save_safetensors(str(file), weights, {"format": "mlx"})
    return copy
