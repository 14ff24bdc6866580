"""Decoding rows of unequal length in a process of its own, our way or mlx-lm's.

`python -m benchmarks.harness.ragged_rows MODEL ours|padded STEPS LENGTH...` prints the figures as
JSON. Keys and values are random: what they are takes no part in how long a step takes.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import mlx.core as mx
import orjson
from mlx_lm.models.cache import BatchKVCache, KVCache, make_prompt_cache
from mlx_lm.utils import load_model

from agent_memory.device.cpu.blas import find_openblas
from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.models.weights import load_weights
from agent_memory.device.rows.attention import batch_layers, install_attention

Way = Literal["ours", "padded"]
_NUM_WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Decoded:
    """cpu_s, wall_s: of one step. kv_bytes: memory that keys and values hold after the last one;
    needed_bytes: what they would if a row held its tokens and no more."""

    cpu_s: float
    wall_s: float
    kv_bytes: int
    needed_bytes: int


def decode_ragged(model: Path, way: Way, num_steps: int, lengths: Sequence[int]) -> Decoded:
    """Measure in a new process, with the BLAS that the engine gets."""
    openblas = find_openblas()
    env = {} if openblas is None else {"LD_PRELOAD": str(openblas)}
    done = subprocess.run(
        (sys.executable, "-m", __name__, str(model), way, str(num_steps), *map(str, lengths)),
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return Decoded(**orjson.loads(done.stdout))


def _ours(folder: Path, lengths: Sequence[int]) -> tuple[Any, Callable[[], Sequence[Any]]]:
    install_attention()
    model, _ = load_weights(folder)
    layout = CacheLayout(model, None)
    rows = [layout.new_layers() for _ in lengths]
    for row, length in zip(rows, lengths, strict=True):
        for layer in row:
            layer.reserve(length)
        _fill(model, row, length)

    def cache() -> Sequence[Any]:
        return batch_layers(rows, [row[0].offset for row in rows])

    return model, cache


def _padded(folder: Path, lengths: Sequence[int]) -> tuple[Any, Callable[[], Sequence[Any]]]:
    model, _ = load_model(folder)
    rows: list[list[KVCache]] = [make_prompt_cache(model) for _ in lengths]
    for row, length in zip(rows, lengths, strict=True):
        _fill(model, row, length)
    merged = [BatchKVCache.merge(layers) for layers in zip(*rows, strict=True)]
    mx.eval([layer.state[:2] for layer in merged])
    return model, lambda: merged


def _fill(model: Any, layers: Sequence[Any], length: int) -> None:
    attention = model.layers[0].self_attn
    shape = (1, attention.n_kv_heads, length, model.args.head_dim)
    for layer in layers:
        layer.update_and_fetch(mx.random.normal(shape), mx.random.normal(shape))
    mx.eval([layer.state for layer in layers])


def _measure(way: str, folder: Path, num_steps: int, lengths: Sequence[int]) -> Decoded:
    model, cache = (_ours if way == "ours" else _padded)(folder, lengths)
    tokens = mx.array([[11]] * len(lengths))
    cpu_at = wall_at = 0.0
    for at in range(-_NUM_WARM_UP, num_steps):
        if at == 0:
            cpu_at, wall_at = time.process_time(), time.perf_counter()
        tokens = mx.argmax(model(tokens, cache=cache())[:, -1], axis=-1)[:, None]
        mx.eval(tokens)
    cpu_s, wall_s = time.process_time() - cpu_at, time.perf_counter() - wall_at
    layers = cache()
    of_a_token = 2 * len(layers) * model.layers[0].self_attn.n_kv_heads * model.args.head_dim * 4
    num_tokens = sum(lengths) + len(lengths) * (_NUM_WARM_UP + num_steps)
    return Decoded(
        cpu_s / num_steps, wall_s / num_steps, _held_bytes(layers), num_tokens * of_a_token
    )


def _held_bytes(layers: Sequence[Any]) -> int:
    """Of the buffers, those of all rows."""
    rows = [row for layer in layers for row in getattr(layer, "_layers", (layer,))]
    return sum(row.keys.nbytes + row.values.nbytes for row in rows)


if __name__ == "__main__":
    measured = _measure(sys.argv[2], Path(sys.argv[1]), int(sys.argv[3]), [*map(int, sys.argv[4:])])
    print(orjson.dumps(measured).decode())
