"""A child gets an environment of its own.

Without one it is started with the array that `setenv` replaces in place, and the start fails with
"Bad address" if another thread sets a variable in that moment.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "agent_memory"
STARTS = {"run", "Popen", "call", "check_call", "check_output"}
STARTS_OF_ASYNCIO = {"create_subprocess_exec", "create_subprocess_shell"}


def inheriting(source: str) -> Iterator[int]:
    """The lines that start a program without naming its environment."""
    if "subprocess" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)) if (
                module == "subprocess" and name in STARTS
            ) or name in STARTS_OF_ASYNCIO:
                if "env" not in {keyword.arg for keyword in node.keywords}:
                    yield node.lineno


def test_no_program_inherits_the_environment() -> None:
    found = {
        str(path.relative_to(PACKAGE)): lines
        for path in sorted(PACKAGE.rglob("*.py"))
        if (lines := list(inheriting(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import subprocess\nsubprocess.run(['ls'])", [2]),
        ("import subprocess\nsubprocess.Popen(['ls'], env={})", []),
        ("import subprocess, asyncio\nasyncio.create_subprocess_exec('ls')", [2]),
    ],
)
def test_it_is_seen_where_a_program_inherits(source: str, lines: list[int]) -> None:
    assert list(inheriting(source)) == lines
