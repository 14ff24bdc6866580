"""Starting Ray on a machine that has much else to do."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

import psutil

from agent_memory.errors import Unavailable

log = logging.getLogger(__name__)

_MAY_PASS = re.compile(r"timed?[- ]?out|failed to start gcs", re.IGNORECASE)
"""What Ray says when it took too long, and when one of its processes ended meanwhile."""
_END_TIMEOUT_S = 10.0


def start_patiently(start: Callable[[], None], end_what_began: Callable[[], None]) -> None:
    """Start Ray, and once more when it took longer than Ray gives itself (30 s), or one of its
    processes ended meanwhile.

    end_what_began: ends the processes of a start that did not succeed.
    Raises `Unavailable` when that happens again, and whatever else `start` does.
    """
    try:
        start()
    except Exception as error:
        if not _MAY_PASS.search(str(error)):
            raise
        log.warning("Ray did not start and is started once more", extra={"why": str(error)})
        end_what_began()
        _start_again(start)


def _start_again(start: Callable[[], None]) -> None:
    try:
        start()
    except Exception as error:
        if not _MAY_PASS.search(str(error)):
            raise
        raise Unavailable(
            "Ray did not start: twice it timed out, or one of its processes ended. This machine "
            "is too busy; try again when it is less so."
        ) from error


def end_processes_below(folder: Path) -> None:
    """End what this process has started that works in `folder`, and what that has started."""
    ended = []
    for child in psutil.Process().children():
        try:
            if any(str(folder) in word for word in child.cmdline()):
                ended += [child, *child.children(recursive=True)]
        except psutil.Error:  # it has ended by itself
            continue
    for process in ended:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(ended, timeout=_END_TIMEOUT_S)
