"""One PostgreSQL server process: launched, waited for, stopped; ours or left by a killed server."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent_memory.errors import StorageUnavailable
from agent_memory.store.account import Account
from agent_memory.store.programs import last_lines, spawn_program
from agent_memory.store.socket_folder import SOCKET_NAME
from agent_memory.store.wal_sync import wal_sync_settings
from agent_memory.store.watcher import Watcher

_START_TIMEOUT_S = 120.0
"""Recovery after a crash reads the whole log since the last checkpoint."""
_STOP_TIMEOUTS_S = {signal.SIGINT: 30.0, signal.SIGQUIT: 10.0, signal.SIGKILL: 10.0}
"""PostgreSQL's words for them: fast shutdown, immediate shutdown, and none at all."""
_POLL_S = 0.01
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "cluster_name": "agent_memory",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
"""No port is opened, nothing acknowledged is lost, and no conversation reaches the log."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A server process of ours on the folder `data`, which ends when we do."""

    process: subprocess.Popen[bytes]
    data: Path
    watcher: Watcher

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """End it: politely, then less so. Returns when it is gone. To be called once, also for one
        that has ended by itself."""
        for sign, timeout_s in _STOP_TIMEOUTS_S.items():
            if self.is_running:
                self.process.send_signal(sign)
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(timeout_s)
        self.watcher.dismiss()


def launch(programs: Path, data: Path, sockets: Path, log: Path, account: Account) -> Postmaster:
    """Start a server on `data` and return once it answers, recovered from a crash if need be.

    `StorageUnavailable` with the last lines of its log when it does not come up.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while True:
        _disown(data, sockets)
        offset = log.stat().st_size if log.exists() else 0
        process = spawn_program(_command(programs, data, sockets), account, log)
        try:
            watcher = Watcher.over(process.pid)
        except BaseException:
            process.terminate()  # without a watcher it would outlive us
            process.wait()
            raise
        postmaster = Postmaster(process, data, watcher)
        if _wait_until_ready(postmaster, deadline):
            return postmaster
        postmaster.stop()
        said = log.read_bytes()[offset:].decode(errors="replace")
        if "shared memory block" not in said or time.monotonic() >= deadline:
            raise StorageUnavailable(f"PostgreSQL did not start: {last_lines(said)} (see {log})")
        time.sleep(0.2)  # a worker of the killed server still holds its memory


def stop_leftover(data: Path, sockets: Path) -> None:
    """End the server that outlived a killed owner of `data`, if there is one."""
    for sign, timeout_s in _STOP_TIMEOUTS_S.items():
        pid = _read_pid(data)
        if pid is None or not _is_postmaster(pid, data, sockets):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        _wait_for(partial(_is_gone, pid, data, sockets), timeout_s)
    raise StorageUnavailable(f"A PostgreSQL that was left running on {data} does not stop.")


def _command(programs: Path, data: Path, sockets: Path) -> list[str]:
    command = [str(programs / "postgres"), "-D", str(data)]
    settings = _SETTINGS | wal_sync_settings(data) | {"unix_socket_directories": str(sockets)}
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command


def _wait_until_ready(postmaster: Postmaster, deadline: float) -> bool:
    """Whether it answers before `deadline`; False as soon as it has ended."""
    return _wait_for(
        lambda: _is_ready(postmaster) or not postmaster.is_running, deadline - time.monotonic()
    ) and _is_ready(postmaster)


def _is_ready(postmaster: Postmaster) -> bool:
    lines = _read_status(postmaster.data)
    pid = str(postmaster.process.pid)
    return len(lines) >= 8 and lines[0] == pid and lines[7].strip() == "ready"


def _read_status(data: Path) -> list[str]:
    """The lines of `postmaster.pid`: process id first, status eighth. None when it is not there."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _disown(data: Path, sockets: Path) -> None:
    """Take over what a server that is gone has left.

    Its process id may be any process's by now, or a zombie's, and PostgreSQL would not start
    beside that. The id of its own parent it passes over, and still checks the shared memory.
    """
    path = data / "postmaster.pid"
    if path.exists():
        _, newline, rest = path.read_text().partition("\n")
        path.write_text(f"{os.getpid()}{newline}{rest}")
    (sockets / SOCKET_NAME).unlink(missing_ok=True)
    (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)


def _read_pid(data: Path) -> int | None:
    lines = _read_status(data)
    return int(lines[0]) if lines and lines[0].isdecimal() else None


def _is_gone(pid: int, data: Path, sockets: Path) -> bool:
    return not _is_postmaster(pid, data, sockets)


def _is_postmaster(pid: int, data: Path, sockets: Path) -> bool:
    """Whether process `pid` is the server of `data`: it lives there, or answers on its socket."""
    if pid in {os.getpid(), os.getppid()}:
        return False
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink() == data
    return _exists(pid) and _accepts(sockets / SOCKET_NAME)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
    return True


def _wait_for(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True
