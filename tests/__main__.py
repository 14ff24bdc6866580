"""The one check of the project: `python -m tests`, or `python -m tests --fast` while working.
`python -m tests --long` runs the tests that take hours, and nothing else; `--clients` those with
the clients of others, which are installed first.

Runs every tool even when an earlier one fails, shows what each says, and fails if any does. Two
cores are kept busy: the tools that only read the code run beside the unit tests, and integration
tests in two processes. Acceptance tests start servers, which take both cores.
"""

import argparse
import compileall
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_FOR_MACOS = (
    *("--platform", "darwin", "--cache-dir", ".mypy_cache/darwin"),
    *("--package", "agent_memory", "--package", "deployments"),
)
"""The product alone, for it takes as long again; a unit test looks at the tests and benchmarks."""


_SLOWEST = ("--durations", "20", "--durations-min", "8")


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    is_ok: bool
    seconds: float
    output: str = ""


def main() -> int:
    arguments = _arguments()
    _compile()
    if alone := _alone(arguments):
        outcome = _run(alone)
        _show_summary([outcome])
        return 0 if outcome.is_ok else 1
    with ThreadPoolExecutor(1) as beside:
        read = beside.submit(lambda: [_run(check, is_shown=False) for check in _readers()])
        outcomes = [_run(check) for check in _tests(is_fast=arguments.fast)]
        outcomes = [*read.result(), *outcomes]
    _show_summary(outcomes)
    return 0 if all(outcome.is_ok for outcome in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests", description="Run every check.")
    parser.add_argument("--fast", action="store_true", help="of the tests only the unit tests")
    parser.add_argument("--clients", action="store_true", help="real clients from npm, alone")
    parser.add_argument("--long", action="store_true", help="the tests that take hours, alone")
    parser.add_argument("rest", nargs="*", help="with --long: for pytest, such as -- --rounds 10")
    return parser.parse_args()


def _alone(arguments: argparse.Namespace) -> Check | None:
    """A suite that runs by itself."""
    if arguments.long:
        return Check("long tests", _pytest("tests/long", "-s", *arguments.rest))
    return Check("clients", _pytest("tests/clients", *_SLOWEST)) if arguments.clients else None


def _compile() -> None:
    """Where Python may not write bytecode, each of a server's ten processes would compile the whole
    package for itself, at every start."""
    for folder in ("agent_memory", "deployments"):
        compileall.compile_dir(ROOT / folder, quiet=2)


def _readers() -> list[Check]:
    return [
        Check("ruff check", (_tool("ruff"), "check", ".")),
        Check("ruff format", (_tool("ruff"), "format", "--check", ".")),
        Check("mypy", (_tool("mypy"),)),
        Check("mypy for macOS", (_tool("mypy"), *_FOR_MACOS)),
        Check("lint-imports", (_tool("lint-imports"),)),
    ]


def _tests(*, is_fast: bool) -> list[Check]:
    in_two = ("-n", "2", "--dist", "loadfile")
    unit = Check("unit tests", _pytest("tests/unit", *in_two))
    if is_fast:
        return [unit]
    return [
        unit,
        Check("integration tests", _pytest("tests/integration", *in_two, *_SLOWEST)),
        Check("acceptance tests", _pytest("tests/acceptance", *_SLOWEST)),
    ]


def _tool(name: str) -> str:
    """The tool of this interpreter's environment, wherever the search path leads."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def _pytest(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", "-q", *arguments)


def _run(check: Check, *, is_shown: bool = True) -> Outcome:
    """Its output is shown as it comes, or kept."""
    if is_shown:
        _say(f"\n== {check.name} ==")
    began_at = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        check=False,
        stdout=None if is_shown else subprocess.PIPE,
        stderr=None if is_shown else subprocess.STDOUT,
        text=True,
    )
    seconds = time.monotonic() - began_at
    return Outcome(check.name, done.returncode == 0, seconds, done.stdout or "")


def _show_summary(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.output:
            _say(f"\n== {outcome.name} ==\n{outcome.output.rstrip()}")
    _say("")
    for outcome in outcomes:
        result = "ok    " if outcome.is_ok else "FAILED"
        _say(f"{result} {outcome.name} ({outcome.seconds:.0f} s)")


def _say(text: str) -> None:
    """Flushed, or a tool's own lines would overtake it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
