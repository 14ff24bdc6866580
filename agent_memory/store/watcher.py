"""The end of a server whose owner was killed: a shell that waits for that, and ends the server."""

import os
import subprocess
from dataclasses import dataclass

from agent_memory.store.account import PROGRAM_ENVIRONMENT

_SCRIPT = """
read -r _
for sign in INT QUIT KILL; do
    kill -s "$sign" "$1" 2>/dev/null || exit 0
    tries=0
    while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 10 ]; do
        sleep 1
        tries=$((tries + 1))
    done
done
"""
"""PostgreSQL's words for the signals: fast shutdown, immediate shutdown, and none at all."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A shell that reads a pipe, into which nothing is ever written: it reads the end when this
    process, which holds the other side alone, has ended in whatever way. It works the same on macOS
    and Linux, and whichever user the server runs as."""

    process: subprocess.Popen[bytes]
    lifeline: int

    @classmethod
    def over(cls, pid: int) -> "Watcher":
        """Watch for the server process `pid`."""
        ours, lifeline = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603  a script of our own
                ["/bin/sh", "-c", _SCRIPT, "sh", str(pid)],
                stdin=ours,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=PROGRAM_ENVIRONMENT,
                start_new_session=True,
            )
        finally:
            os.close(ours)
        return cls(process, lifeline)

    def dismiss(self) -> None:
        """The server has ended, or is to stay."""
        self.process.kill()
        self.process.wait()
        os.close(self.lifeline)
