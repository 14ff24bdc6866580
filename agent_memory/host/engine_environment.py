"""The environment of the process that runs the model."""

import os
import sys
from pathlib import Path

from agent_memory.device.cpu.blas import find_openblas

_METAL_PORTION = {"MLX_MAX_OPS_PER_BUFFER": "1000", "MLX_MAX_MB_PER_BUFFER": "400"}
"""Several times what MLX takes by itself, which differs from chip to chip. Not measured here:
others report 5 to 8 % more tokens a second of small models, and no loss with large ones."""


def engine_environment() -> dict[str, str]:
    """What MLX reads when it starts.

    On Linux its CPU backend is built on a reference BLAS; a faster one is put in front of it.
    Its threads may spin from one product to the next but not from one step to the next: the
    processes that carry the tokens run on the same cores (2 to that power of clock cycles).
    On a Mac MLX hands work to the GPU in portions, and a larger one has fewer borders between
    them, each of which costs what several small kernels do. What the user has set stays.
    """
    if sys.platform == "darwin":
        return {name: size for name, size in _METAL_PORTION.items() if name not in os.environ}
    openblas: Path | None = find_openblas()
    if openblas is None:
        return {}
    return {"LD_PRELOAD": str(openblas), "OPENBLAS_THREAD_TIMEOUT": "20"}
