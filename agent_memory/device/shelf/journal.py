"""Events on the shelf, one JSON line each: for people, and for those who miss a block."""

import json
import logging
import os
import time
from pathlib import Path

MAX_BYTES = 1024 * 1024

log = logging.getLogger(__name__)


class ShelfJournal:
    """Appends lines to a file; the files themselves remain the truth.

    Two processes may append at once. Beyond `MAX_BYTES` the journal is set aside as `.1`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, action: str, file: str, **details: str | int) -> None:
        """Note that `action` befell `file`. A journal that cannot be written fails nobody."""
        line = json.dumps({"at": round(time.time(), 3), "action": action, "file": file} | details)
        try:
            self._rotate()
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(fd, f"{line}\n".encode())
            finally:
                os.close(fd)
        except OSError as error:
            log.warning("the shelf's journal could not be written: %s", error)

    def _rotate(self) -> None:
        try:
            is_full = self._path.stat().st_size >= MAX_BYTES
        except FileNotFoundError:
            return
        if is_full:
            self._path.replace(self._path.with_suffix(".1"))
