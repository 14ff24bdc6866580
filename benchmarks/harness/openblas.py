"""The BLAS that the engine gets, for benchmarks that compute in their own process."""

import os
import sys

from agent_memory.device.cpu.blas import find_openblas


def use_openblas(module: str) -> None:
    """Begin this program, which is `python -m module`, again with it preloaded."""
    openblas = find_openblas()
    if openblas is not None and "LD_PRELOAD" not in os.environ:
        arguments = (sys.executable, "-m", module, *sys.argv[1:])
        os.execve(  # noqa: S606  this very program
            sys.executable, arguments, {**os.environ, "LD_PRELOAD": str(openblas)}
        )
