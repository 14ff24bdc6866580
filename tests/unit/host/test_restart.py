"""A program that begins again keeps its process, its arguments, and the port."""

import os
import subprocess
import sys

_PROGRAM = """
import socket, sys
from agent_memory.host.restart import Restart, begin_again, begun_again
from agent_memory.host.stand_in import open_listener
import os
begun = begun_again()
name = None if begun.listener is None else begun.listener.getsockname()
is_told_on = "_AGENT_MEMORY_RESTART" in os.environ
print(os.getpid(), begun.count, name, sys.argv[1:], is_told_on, flush=True)
if begun.count < 2:
    listener = begun.listener or open_listener("127.0.0.1", 0)
    begin_again(Restart(begun.count + 1, listener))
"""


def test_it_begins_again_as_often_as_it_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "serve", "--port", "1"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    first, second, third = (line.split(maxsplit=2) for line in done.stdout.splitlines())
    assert first[0] == second[0] == third[0]
    assert [first[1], second[1], third[1]] == ["0", "1", "2"]
    assert first[2] == "None ['serve', '--port', '1'] False"
    assert second[2] == third[2]
    assert second[2].endswith("['serve', '--port', '1'] False")
    assert second[2].startswith("('127.0.0.1', ")
