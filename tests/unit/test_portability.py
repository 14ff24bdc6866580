"""Features of Linux alone are asked for on Linux only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("agent_memory", "deployments", "tests", "benchmarks")
LINUX_PATH = re.compile(r"^/(?:proc|sys|dev/shm)(?:/|$)")
LINUX_CALL = re.compile(
    r"posix_fadvise|(?:get|set|list|remove)xattr|prctl|sched_\w+|memfd_create|eventfd\w*"
    r"|pidfd_open|sendfile|splice|copy_file_range|inotify\w*|epoll\w*|O_TMPFILE|O_DIRECT"
)
LINUX_PROGRAM = re.compile(r"ss|ip|ldconfig|nproc|free|systemctl")
WORTH_A_LOOK = re.compile(
    rf"[\"']/(?:proc|sys|dev)|\b(?:{LINUX_CALL.pattern})\b|[\"'](?:{LINUX_PROGRAM.pattern})[\"']"
)
"""Most files have none of it, and need not be parsed."""
GOES_ON_WITHOUT = {
    "agent_memory/host/free_ports.py": "then the range that macOS has by default is kept clear",
    "agent_memory/store/postmaster.py": "then the server is known by its socket",
}
"""Files that try it, and why they work where it is not."""


def sources() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def unguarded(source: str) -> Iterator[str]:
    """What is asked of Linux outside any function that looks at `sys.platform`."""
    if not WORTH_A_LOOK.search(source):
        return
    tree = ast.parse(source)
    guarded = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(_asks_platform(node) for node in ast.walk(function))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if id(node) not in guarded and (found := _of_linux(node)) is not None:
            yield found


def _asks_platform(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="sys"), attr="platform"):
            return True
    return False


def _of_linux(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)) if LINUX_PATH.match(text):
            return text
        case ast.Attribute(attr=name) if LINUX_CALL.fullmatch(name):
            return name
        case ast.Call(args=[ast.Tuple(elts=words) | ast.List(elts=words), *_]):
            first = words[0] if words else None
            if isinstance(first, ast.Constant) and LINUX_PROGRAM.fullmatch(str(first.value)):
                return str(first.value)
    return None


def test_nothing_of_linux_is_used_unguarded() -> None:
    names = {path: str(path.relative_to(ROOT)) for path in sources()}
    found = {name: list(unguarded(path.read_text())) for path, name in names.items()}
    assert {name for name, uses in found.items() if uses} == set(GOES_ON_WITHOUT) | {
        "tests/unit/test_portability.py"  # the examples below
    }


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("open('/proc/meminfo')", ["/proc/meminfo"]),
        ("open(f'/proc/{pid}/stat')", ["/proc/"]),
        ("os.posix_fadvise(fd, 0, 0, 0)", ["posix_fadvise"]),
        ("subprocess.run(('ss', '-l'))", ["ss"]),
        ("def f():\n    os.getxattr(path, name)", ["getxattr"]),
        ("def f():\n    if sys.platform == 'linux':\n        os.getxattr(path, name)", []),
        ("open('/process')", []),
    ],
)
def test_an_unguarded_use_is_found(source: str, uses: list[str]) -> None:
    assert list(unguarded(source)) == uses
