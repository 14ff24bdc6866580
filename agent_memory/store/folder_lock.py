"""One process at a time owns a folder, until it ends in whatever way."""

import fcntl
import os
import time
from pathlib import Path

from agent_memory.errors import StorageUnavailable

_POLL_S = 0.05


class FolderLock:
    """A lock on a file, released by the kernel when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, timeout_s: float) -> None:
        """Wait up to `timeout_s` for it; `StorageUnavailable` naming the holder after that.
        Harmless when it is held by this object already."""
        if self._handle is not None:
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + timeout_s
        while not _try_lock(handle):
            if time.monotonic() >= deadline:
                holder = os.read(handle, 32).decode().strip() or "unknown"
                os.close(handle)
                raise StorageUnavailable(
                    f"The database in {self._path.parent} is in use by process {holder}."
                )
            time.sleep(_POLL_S)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Let the next one in. Harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
