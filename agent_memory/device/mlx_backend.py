"""MLX's backend: on Linux a package of its own, for the CPU or for NVIDIA's GPUs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution

from agent_memory.errors import Unavailable

VERSION = "0.32.4"
ON_THE_CPU = f"pip install 'mlx[cpu]=={VERSION}'"
ON_NVIDIA = f"pip uninstall -y mlx-cpu, then pip install 'mlx[cuda13]=={VERSION}'"
"""In a copy of the project: `python3 -m uv pip` for pip, and then `uv run --no-sync`."""
_BACKENDS = ("mlx-cpu", "mlx-cuda-12", "mlx-cuda-13")
_NVIDIA_TIMEOUT_S = 20


def check_backend() -> None:
    """`Unavailable`, with the remedy, when MLX would not load or it is unclear what loads."""
    if sys.platform == "linux" and (problem := backend_problem(installed_backends())) is not None:
        raise Unavailable(f"{problem.what}. {problem.remedy}.")


@dataclass(frozen=True, slots=True)
class BackendProblem:
    what: str
    remedy: str


def backend_problem(backends: Collection[str]) -> BackendProblem | None:
    """What is wrong with having these on Linux: exactly one it must be."""
    match sorted(backends):
        case []:
            return BackendProblem(
                "MLX has nothing to compute with",
                f"For the CPU: {ON_THE_CPU}. For a GPU of NVIDIA: {ON_NVIDIA}",
            )
        case [_]:
            return None
        case several:
            return BackendProblem(
                f"{' and '.join(several)} are installed over each other, for they are one file",
                f"Remove both: pip uninstall -y {' '.join(several)}. Then install one again: "
                f"{ON_THE_CPU}, or for a GPU of NVIDIA pip install 'mlx[cuda13]=={VERSION}'",
            )


def installed_backends() -> set[str]:
    """The packages that bring MLX's backend on Linux."""
    return {name for name in _BACKENDS if _is_installed(name)}


def nvidia_gpus() -> list[str]:
    """The GPUs that NVIDIA's driver shows to this process; none when there is no driver."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in {"", "-1"}:
        return []  # the owner wants it so
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        told = subprocess.run(  # noqa: S603  the driver's own program
            [program, "--list-gpus"],
            capture_output=True,
            text=True,
            timeout=_NVIDIA_TIMEOUT_S,
            check=False,
            env=os.environ.copy(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in told.stdout.splitlines() if line.startswith("GPU ")]


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
