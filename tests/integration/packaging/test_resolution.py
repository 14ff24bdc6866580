"""Every machine that the README names gets wheels of everything, for every Python it names."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OLDEST_MACOS, LATER_MACOS = "14.0", ("15.0", "26.0")
TIMEOUT_S = 240.0
NUM_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Machine:
    """`platform` as uv names it. macos: the version of the system, of a Mac."""

    platform: str
    python: str
    macos: str = OLDEST_MACOS

    def __str__(self) -> str:
        mac = f"-{self.macos}" if "darwin" in self.platform else ""
        return f"{self.platform}{mac}-py{self.python}"


MAC = "aarch64-apple-darwin"
# glibc 2.35, the oldest that the README names.
LINUX = ("x86_64-manylinux_2_35", "aarch64-manylinux_2_35")
MACHINES: tuple[Machine, ...] = (
    *(Machine(platform, python) for python in PYTHONS for platform in (MAC, *LINUX)),
    *(Machine(MAC, PYTHONS[-1], macos) for macos in LATER_MACOS),
)
OF_A_COPY = ("--group", "dev")
"""The packages that uv installs in a copy of the project, by default."""

Asked = tuple[Machine, tuple[str, ...]]
Resolutions = dict[Asked, subprocess.CompletedProcess[str]]
ALL: tuple[Asked, ...] = (*((machine, OF_A_COPY) for machine in MACHINES),)


@pytest.fixture(scope="module")
def resolved() -> Resolutions:
    """Several at once: they mostly wait for the registry."""
    with ThreadPoolExecutor(NUM_AT_ONCE) as pool:
        return dict(zip(ALL, pool.map(_resolve, ALL), strict=True))


def _resolve(asked: Asked) -> subprocess.CompletedProcess[str]:
    """From what uv has seen already if that is enough, which it is after a first run."""
    machine, options = asked
    done = _compile(machine, "--offline", *options)
    return done if done.returncode == 0 else _compile(machine, *options)


def _compile(machine: Machine, *options: str) -> subprocess.CompletedProcess[str]:
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv is not None, "the README's commands run under uv"
    return subprocess.run(
        [
            *(uv, "pip", "compile", "pyproject.toml", "--quiet"),
            *("--no-header", "--no-annotate"),
            *("--only-binary", ":all:"),
            *("--python-platform", machine.platform, "--python-version", machine.python),
            *options,
        ],
        cwd=ROOT,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": machine.macos},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


@pytest.mark.parametrize("machine", MACHINES, ids=str)
def test_there_are_wheels_for(machine: Machine, resolved: Resolutions) -> None:
    done = resolved[machine, OF_A_COPY]
    assert done.returncode == 0, done.stderr
    assert backends(done.stdout) == ({"mlx-metal"} if machine.platform == MAC else {"mlx-cpu"})


def backends(resolution: str) -> set[str]:
    names = {line.partition("==")[0] for line in resolution.splitlines()}
    return {name for name in names if re.fullmatch(r"mlx-(cpu|metal|cuda.*)", name)}
