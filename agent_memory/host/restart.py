"""A server that begins again in its own process, when the Ray that it stands on has ended.

Ray cannot be started a second time in a process whose cluster was lost. The program begins again
under its process id: whoever started it (a shell, launchd, systemd) goes on waiting for it.
"""

import os
import socket
import sys
from dataclasses import dataclass

MOST_IN_A_ROW = 3
SOUND_AFTER_S = 60.0
"""A server that ran for so long is not one that fails again and again."""
_VARIABLE = "_AGENT_MEMORY_RESTART"


@dataclass(frozen=True, slots=True)
class Restart:
    """What the run before has left. count: of restarts in a row; listener: where clients wait."""

    count: int = 0
    listener: socket.socket | None = None


def begun_again() -> Restart:
    """What this process was begun with; the first time, nothing."""
    told = os.environ.pop(_VARIABLE, "")
    if not told:
        return Restart()
    count, descriptor = told.split(",")
    return Restart(int(count), socket.socket(fileno=int(descriptor)) if descriptor else None)


def begin_again(restart: Restart) -> None:
    """Does not return: the program takes its own place, with the same arguments."""
    descriptor = ""
    if restart.listener is not None:
        restart.listener.set_inheritable(True)
        descriptor = str(restart.listener.fileno())
    surroundings = {**os.environ, _VARIABLE: f"{restart.count},{descriptor}"}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], surroundings)  # noqa: S606
