"""Who computes first where actors share the cores of one machine with the engine."""

import contextlib
import os
import sys
from pathlib import Path

_NICENESS = 5


def give_way() -> None:
    """Let this process come behind the engine's.

    On a CPU the engine's threads wait for each other in every matrix product: a short task that
    takes the core of one of them holds up all. Elsewhere the model is not computed on the CPU.
    """
    if sys.platform != "linux":
        return
    for task in Path("/proc/self/task").iterdir():
        thread = int(task.name)
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, max(now, _NICENESS))
