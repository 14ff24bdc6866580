"""How many files a server may have open."""

import resource
import subprocess
import sys

import pytest

from agent_memory.host.open_files import raise_open_file_limit

RAISED = """
import resource
from agent_memory.host.open_files import raise_open_file_limit
raise_open_file_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("limits", "raised"),
    [
        ("ulimit -S -n 256; ulimit -H -n 1000", "1000 1000"),
        ("ulimit -n 1000", "1000 1000"),
    ],
)
def test_what_a_terminal_begins_with_is_raised_as_far_as_it_may(limits: str, raised: str) -> None:
    command = f'{limits}; exec "$0" -c "$1"'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, RAISED], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == raised


def test_a_kernel_that_allows_less_than_the_limit_says_is_asked_for_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def refuse_much(_: int, limits: tuple[int, int]) -> None:
        asked.append(limits[0])
        if limits[0] > 20_000:
            raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse_much)
    raise_open_file_limit()
    assert asked == [65536, 10240]
