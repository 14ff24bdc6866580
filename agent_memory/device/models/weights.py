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
from agent_memory.device.models.file_digests import FileDigests, FileStamp
from agent_memory.device.models.model_facts import check_memory, read_facts
from agent_memory.errors import ModelNotUsable

_CONFIGS = ("config.json", "hf_quant_config.json")
"""mlx-lm builds a model from them; the second says how some weights are quantised."""


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


class WeightFiles:
    """The files in `folder` that decide what a model computes: its weights and configurations.

    They must stay as they are from here on until the weights are loaded and the fingerprint taken.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._weights = sorted(folder.glob("model*.safetensors"))
        self._stamps = self._look()

    def fingerprint(self, tokenizer: str, digests: FileDigests) -> str:
        """SHA-256 in hex of the configurations, all bytes of the weights in whatever files they
        lie, and `tokenizer` (the fingerprint of tokenizer and template). Raises `ModelNotUsable`
        when a file was changed meanwhile."""
        digest = hashlib.sha256(tokenizer.encode())
        for name in _CONFIGS:
            path = self._folder / name
            config = json.loads(path.read_bytes()) if path.is_file() else None
            digest.update(json.dumps(config, sort_keys=True).encode())
        for each in sorted(digests.of(self._weights)):
            digest.update(bytes.fromhex(each))
        if self._look() != self._stamps:
            raise ModelNotUsable(
                str(self._folder),
                "its files were changed while they were loaded; load it again",
            )
        return digest.hexdigest()

    def _look(self) -> dict[Path, FileStamp]:
        configs = [self._folder / name for name in _CONFIGS]
        return {path: FileStamp.of(path) for path in (*configs, *self._weights) if path.is_file()}


def _to_float32(weight: mx.array) -> mx.array:
    return weight.astype(mx.float32) if mx.issubdtype(weight.dtype, mx.floating) else weight


def memory_in_use() -> int:
    """Bytes that MLX has handed out."""
    return int(mx.get_active_memory())
