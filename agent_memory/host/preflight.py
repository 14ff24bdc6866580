"""Conditions that must hold before a server starts anything."""

import errno
import fcntl
import os
import socket
import time
from pathlib import Path
from types import TracebackType

from agent_memory.errors import Conflict, StorageUnavailable
from agent_memory.secrets_file import private_folder

_RETRY_S = 0.1
_LED_TO_BY_LOCALHOST = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"})  # noqa: S104
_ANSWER_TIMEOUT_S = 1.0


class DataDirLock:
    """Held by the one server of a data directory; the kernel lets go of it when that dies."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._descriptor: int | None = None

    def __enter__(self) -> "DataDirLock":
        """Raises `StorageUnavailable` when the directory is unusable, `Conflict` when in use."""
        path = private_run_folder(self._home) / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise Conflict(
                f"Another server is running on the data directory {self._home}. Stop it, or give "
                "this one another with --data-dir (and another --port)."
            ) from error
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def private_run_folder(home: Path) -> Path:
    """`<home>/run`, with `home` made if need be; `StorageUnavailable` when it cannot be written."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return private_folder(home / "run")
    except OSError as error:
        raise StorageUnavailable(
            f"The data directory {home} cannot be used: {error.strerror}. Choose another with "
            "--data-dir."
        ) from error


def wait_until_port_is_free(host: str, port: int, patience_s: float) -> None:
    """As `check_port_is_free`, but whoever listens there gets so many seconds to end."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return check_port_is_free(host, port)
        except Conflict:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_RETRY_S)


def check_port_is_free(host: str, port: int) -> None:
    """`Conflict` when somebody listens there already, or the address is not ours.

    Where `localhost` would lead here it must lead to nobody else: macOS lets a server listen on
    127.0.0.1 beside one on every address, and anything may listen on the other loopback.
    """
    if host in _LED_TO_BY_LOCALHOST:
        for loopback in ("127.0.0.1", "::1"):
            if somebody_listens(loopback, port):
                raise Conflict(f"{loopback}:{port} is already in use; choose another with --port.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "is already in use; choose another with --port"
            else:
                reason = f"cannot be listened on ({error.strerror}); choose another with --host"
            raise Conflict(f"{host}:{port} {reason}.") from error


def somebody_listens(host: str, port: int) -> bool:
    """Whether a connection is taken there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.settimeout(_ANSWER_TIMEOUT_S)
            return probe.connect_ex((host, port)) in {0, errno.EAGAIN, errno.ETIMEDOUT}
    except OSError:  # a machine without IPv6
        return False
