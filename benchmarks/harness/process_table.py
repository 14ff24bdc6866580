"""Which processes run on this machine, and how much CPU each has used."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Process:
    """One live process. `cpu_s`: user and system time of all its threads since it began."""

    pid: int
    parent: int
    command: str
    cpu_s: float

    @property
    def role(self) -> str:
        """What it does, as short as its command line tells: the same for all of a kind."""
        words = self.command.split()
        if not words:
            return "?"
        if words[0].startswith("ray::"):
            return words[0].split(".")[0]
        if words[0].startswith("postgres") or "/postgres" in words[0]:
            return "postgres"
        if "agent_memory.cli" in words:
            return "agent-memory serve"
        script = next((word for word in words if word.endswith(".py")), words[0])
        return Path(script).name


def live_processes() -> Iterator[Process]:
    """Every process that has not ended."""
    for process in psutil.process_iter():
        # Some have ended meanwhile, and on macOS those of others cannot be looked at.
        with suppress(psutil.Error), process.oneshot():
            if process.status() != psutil.STATUS_ZOMBIE:
                used = process.cpu_times()
                title = " ".join(process.cmdline())
                yield Process(process.pid, process.ppid(), title, used.user + used.system)


def family(root: int, marks: tuple[str, ...]) -> dict[int, Process]:
    """The process `root`, those with one of `marks` in their command line, all descendants."""
    processes = {process.pid: process for process in live_processes()}
    found = {
        pid
        for pid, process in processes.items()
        if pid == root or (pid != os.getpid() and any(mark in process.command for mark in marks))
    }
    while more := {p.pid for p in processes.values() if p.parent in found} - found:
        found |= more
    return {pid: processes[pid] for pid in found}


def cpu_by_role(before: Mapping[int, Process], after: Mapping[int, Process]) -> dict[str, float]:
    """CPU seconds spent between two looks at a family, by role; processes that ended in between
    are left out."""
    spent: dict[str, float] = {}
    for pid, process in after.items():
        began_at = before[pid].cpu_s if pid in before else 0.0
        spent[process.role] = spent.get(process.role, 0.0) + process.cpu_s - began_at
    return spent
