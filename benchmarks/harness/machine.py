"""Where a figure was measured: the machine, how busy it was, and which software."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from agent_memory.device.cpu.blas import find_openblas

_PACKAGES = ("agent-memory", "mlx", "mlx-lm", "ray", "fastapi", "httpx")
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds before a benchmark begins."""

    cpu: str
    num_cores: int
    platform: str
    python: str
    openblas: str | None
    load_average: tuple[float, float, float]
    """Of 1, 5 and 15 minutes. What others run takes its share of every figure."""
    commit: str
    versions: dict[str, str]


def circumstances() -> Circumstances:
    openblas = find_openblas()
    return Circumstances(
        cpu=_cpu(),
        num_cores=os.cpu_count() or 1,
        platform=platform.platform(),
        python=platform.python_version(),
        openblas=None if openblas is None else str(openblas),
        load_average=os.getloadavg(),
        commit=_commit(),
        versions={package: version(package) for package in _PACKAGES},
    )


def _cpu() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    """The commit, with a plus sign after it when the working tree differs from it."""
    head = _git("rev-parse", "HEAD")
    return f"{head}+" if head and _git("status", "--porcelain") else head or "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ("git", *arguments), cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
