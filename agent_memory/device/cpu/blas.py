"""OpenBLAS, without which MLX's matrix products on a Linux CPU are many times slower.

MLX links against the system's reference BLAS there; a faster one with the same names takes its
place when it is preloaded before the process starts.
"""

import platform
import sys
from pathlib import Path

HINT = (
    "OpenBLAS was not found: on this CPU models run many times slower without it. "
    "Install it with: apt-get install libopenblas0-pthread"
)

_NAMES = ("libopenblas.so.0", "libopenblas.so")


def find_openblas() -> Path | None:
    """The library to preload (`LD_PRELOAD`); None where there is none, or none is needed."""
    if sys.platform != "linux":
        return None
    triplet = f"{platform.machine()}-linux-gnu"
    folders = (
        Path("/usr/lib") / triplet / "openblas-pthread",
        Path("/usr/lib") / triplet / "openblas-openmp",
        Path("/usr/lib") / triplet / "openblas",
        Path("/usr/lib") / triplet,
        Path("/usr/lib64"),
        Path("/usr/lib"),
    )
    candidates = (folder / name for folder in folders for name in _NAMES)
    return next((path for path in candidates if path.is_file()), None)


def openblas_hint() -> str | None:
    """What to tell a person whose machine lacks it; None when nothing is amiss."""
    return HINT if sys.platform == "linux" and find_openblas() is None else None
