"""Facts in a model's files, read without loading the model."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from agent_memory.errors import ModelNotUsable

_DEFAULT_WINDOW = 4096
_GIB = 1 << 30
_PACKED = frozenset({"U32", "U8"})
_FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """context_window: most tokens of prompt and answer together. weight_format: "4-bit" for
    quantised weights, else the type of most numbers, such as "bfloat16". num_bytes: of the weights'
    files. num_bytes_float32: of the weights, once they are unpacked to float32."""

    context_window: int
    weight_format: str
    num_bytes: int
    num_bytes_float32: int


def read_facts(folder: Path, window_limit: int | None) -> ModelFacts:
    """Reads the configuration and the headers of the weights. Raises `ModelNotUsable`."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        sizes = [_sizes(path) for path in sorted(folder.glob("model*.safetensors"))]
        numbers: dict[str, int] = {}
        for one in sizes:
            for kind, count in one.items():
                numbers[kind] = numbers.get(kind, 0) + count
        bits = _bits(config)
        return ModelFacts(
            context_window(config, window_limit),
            f"{bits}-bit" if bits is not None else _most(numbers),
            sum(path.stat().st_size for path in folder.glob("model*.safetensors")),
            _unpacked(numbers, bits),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelNotUsable(str(folder), f"its files cannot be read ({error})") from error


def context_window(config: Mapping[str, Any], limit: int | None) -> int:
    """Most tokens of prompt and answer together."""
    own = config.get("max_position_embeddings")
    if own is None:
        own = config.get("text_config", {}).get("max_position_embeddings")
    window = int(own) if own else _DEFAULT_WINDOW
    return window if limit is None else min(window, limit)


def check_memory(name: str, num_needed: int, num_freed: int, num_free: int | None = None) -> None:
    """Raise `ModelNotUsable` unless the weights fit into memory, once `num_freed` bytes of the
    model that is to go are free too. `num_free`: by default what this machine has."""
    free = free_memory() if num_free is None else num_free
    if num_needed > free + num_freed:
        raise ModelNotUsable(
            name,
            f"not enough memory: its weights need {num_needed / _GIB:.2f} GiB, and there are "
            f"{(free + num_freed) / _GIB:.2f} GiB, those of the loaded model included",
        )


def free_memory() -> int:
    """Bytes that may be taken without swapping."""
    return int(psutil.virtual_memory().available)


def _sizes(path: Path) -> dict[str, int]:
    """How many numbers of each type a file holds."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    numbers: dict[str, int] = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            kind = str(tensor["dtype"])
            numbers[kind] = numbers.get(kind, 0) + math.prod(tensor["shape"])
    return numbers


def _bits(config: Mapping[str, Any]) -> int | None:
    quantization = config.get("quantization")
    if not isinstance(quantization, Mapping) or "bits" not in quantization:
        return None
    return int(quantization["bits"])


def _unpacked(numbers: Mapping[str, int], bits: int | None) -> int:
    total = 0
    for kind, count in numbers.items():
        width = 32 if kind == "U32" else 8
        per_number = width / bits if bits is not None and kind in _PACKED else 1
        total += int(count * per_number) * _FLOAT32_BYTES
    return total


def _most(numbers: Mapping[str, int]) -> str:
    names = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
    kind = max(numbers, key=lambda kind: numbers[kind])
    return names.get(kind, kind.lower())
