"""Log files that several processes write to and that do not grow for ever.

x.log, x.log.1, … x.log.3: whoever finds the first one full renames them, and the others notice.
"""

import fcntl
import logging
from logging.handlers import WatchedFileHandler
from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
NUM_OLD = 3


class RotatedFile(WatchedFileHandler):
    """Appends to a file; a full one is put away, and the oldest is deleted."""

    def __init__(self, path: str, max_bytes: int = MAX_BYTES, num_old: int = NUM_OLD) -> None:
        super().__init__(path, encoding="utf-8")
        self._max_bytes = max_bytes
        self._num_old = num_old

    def emit(self, record: logging.LogRecord) -> None:
        """A line that cannot be written, on a full disk or where the folder is gone, is left out:
        whoever logs has better things to do."""
        try:
            super().emit(record)
        except OSError:
            return
        if self.stream is not None and self.stream.tell() >= self._max_bytes:
            self._rotate()

    def _rotate(self) -> None:
        """Under a lock, for another process may be about to. A disk that refuses is no reason not
        to log."""
        try:
            with Path(f"{self.baseFilename}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if Path(self.baseFilename).stat().st_size >= self._max_bytes:
                    self._put_away()
        except OSError:
            return
        self.reopenIfNeeded()

    def _put_away(self) -> None:
        current = Path(self.baseFilename)
        old = [Path(f"{current}.{at}") for at in range(self._num_old, 0, -1)]
        for older, newer in zip(old, [*old[1:], current], strict=True):
            if newer.exists():
                newer.replace(older)
