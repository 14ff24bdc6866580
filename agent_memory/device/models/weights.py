"""A model's weights, as this machine computes with them best."""

import gc
import hashlib
import json
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx_lm.utils import dequantize_model, get_total_parameters, load_model

from agent_memory.device.cpu.fused import install_activations
from agent_memory.device.cpu.products import (
    columns_are_faster,
    speed_up_products,
    tiles_are_faster,
)
from agent_memory.device.cpu.rotary import share_rotary
from agent_memory.device.device_kind import DeviceKind, device_kind
from agent_memory.device.models.model_facts import check_memory, read_facts
from agent_memory.errors import ModelNotUsable

_NUM_SAMPLES = 64
_SAMPLE_SIZE = 4096


def load_weights(folder: Path) -> tuple[Any, dict[str, Any]]:
    """The model and its configuration. Raises `ModelNotUsable`.

    On a Linux CPU everything becomes float32, quantised weights included; elsewhere weights stay
    as they are stored.
    """
    if device_kind() is DeviceKind.LINUX_CPU:
        # Fused kernels are compiled with g++ there, which a machine may lack and a start waits for.
        mx.disable_compile()
        install_activations()
    try:
        model, config = load_model(folder, lazy=True)
        if device_kind() is DeviceKind.LINUX_CPU:
            model = dequantize_model(model)
            model.apply(_to_float32)
            share_rotary(model)
            in_columns = columns_are_faster()
            in_tiles = tiles_are_faster(in_columns=in_columns)
            speed_up_products(model, in_tiles=in_tiles, in_columns=in_columns)
        mx.eval(model.parameters())
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, AttributeError) as error:
        raise ModelNotUsable(str(folder), f"its weights cannot be loaded ({error})") from error
    return model, config


def num_parameters(model: nn.Module) -> int:
    return int(get_total_parameters(model))


def check_room(folder: Path, name: str) -> None:
    """Raise `ModelNotUsable` unless there is memory for these weights, when all that MLX holds now
    goes. Not asked where they lie in a memory of the GPU's own."""
    if device_kind() is DeviceKind.CUDA:
        return
    facts = read_facts(folder, None)
    is_unpacked = device_kind() is DeviceKind.LINUX_CPU
    num_needed = facts.num_bytes_float32 if is_unpacked else facts.num_bytes
    check_memory(name, num_needed, memory_in_use())


def release_memory() -> None:
    """Give back what a model has left that nobody holds any more."""
    gc.collect()
    mx.clear_cache()


def fingerprint(folder: Path, tokenizer: str) -> str:
    """SHA-256 in hex of configuration, tensor names and shapes, a sample of their bytes, and
    `tokenizer` (that of tokenizer and template)."""
    digest = hashlib.sha256(tokenizer.encode())
    config = json.loads((folder / "config.json").read_bytes())
    digest.update(json.dumps(config, sort_keys=True).encode())
    for path in sorted(folder.glob("model*.safetensors")):
        with path.open("rb") as file:
            size = path.stat().st_size
            length = int.from_bytes(file.read(8), "little")
            digest.update(file.read(length))
            for at in range(_NUM_SAMPLES):
                file.seek(8 + length + (size - 8 - length) * at // _NUM_SAMPLES)
                digest.update(file.read(_SAMPLE_SIZE))
    return digest.hexdigest()


def _to_float32(weight: mx.array) -> mx.array:
    return weight.astype(mx.float32) if mx.issubdtype(weight.dtype, mx.floating) else weight


def memory_in_use() -> int:
    """Bytes that MLX has handed out."""
    return int(mx.get_active_memory())
