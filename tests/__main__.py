"""The one check of the project: `python -m tests`, or `python -m tests --fast` while working.

Runs every tool even when an earlier one fails, shows what each says, and fails if any does.
"""

import argparse
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    command: tuple[str, ...]


def main() -> int:
    arguments = _arguments()
    outcomes = [(check.name, *_run(check)) for check in _checks(is_fast=arguments.fast)]
    _show_summary(outcomes)
    return 0 if all(is_ok for _, is_ok, _ in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests", description="Run every check.")
    parser.add_argument("--fast", action="store_true", help="of the tests only the unit tests")
    return parser.parse_args()


def _checks(*, is_fast: bool) -> list[Check]:
    checks = [
        Check("ruff check", (_tool("ruff"), "check", ".")),
        Check("ruff format", (_tool("ruff"), "format", "--check", ".")),
        Check("mypy", (_tool("mypy"),)),
        Check("lint-imports", (_tool("lint-imports"),)),
        Check("unit tests", _pytest("tests/unit")),
    ]
    if not is_fast:
        checks.append(
            Check("integration and acceptance", _pytest("tests/integration", "tests/acceptance"))
        )
    return checks


def _tool(name: str) -> str:
    """The tool of this interpreter's environment, wherever the search path leads."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def _pytest(*folders: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", "-q", *folders)


def _run(check: Check) -> tuple[bool, float]:
    """Whether the check passed, and how many seconds it took."""
    _say(f"\n== {check.name} ==")
    began_at = time.monotonic()
    outcome = subprocess.run(check.command, cwd=ROOT, check=False)
    return outcome.returncode == 0, time.monotonic() - began_at


def _show_summary(outcomes: list[tuple[str, bool, float]]) -> None:
    _say("")
    for name, is_ok, seconds in outcomes:
        _say(f"{'ok    ' if is_ok else 'FAILED'} {name} ({seconds:.0f} s)")


def _say(text: str) -> None:
    """Flushed, or a tool's own lines would overtake it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
