"""Processes that a server has started and that have outlived it, or the Ray they belonged to."""

from collections.abc import Mapping
from pathlib import Path

import psutil

_VARIABLE = "_AGENT_MEMORY_SERVER"
_END_TIMEOUT_S = 10.0


def mark_of(home: Path) -> Mapping[str, str]:
    """What the server of a data directory puts into the environment of all that it starts."""
    return {_VARIABLE: str(home)}


def end_remnants(home: Path) -> None:
    """End every process but this one that a server of that data directory has started.

    Call it only while no other server runs on it.
    """
    remnants = [process for process in psutil.process_iter() if _is_remnant(process, home)]
    for process in remnants:
        try:
            process.kill()
        except psutil.Error:  # it has ended by itself
            continue
    psutil.wait_procs(remnants, timeout=_END_TIMEOUT_S)


def _is_remnant(process: psutil.Process, home: Path) -> bool:
    if process.pid == psutil.Process().pid:
        return False
    try:
        told: str | None = process.environ().get(_VARIABLE)
    except (psutil.Error, OSError):  # another user's, or gone
        return False
    return told == str(home)
