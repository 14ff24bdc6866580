"""Files that the system brings into its own memory before anybody reads them."""

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_WINDOW = 128 * 1024
"""Linux reads ahead so much at once unless it is configured otherwise, and drops what is beyond."""
_PIECE = 1024 * 1024


def read_ahead(paths: Iterable[Path]) -> None:
    """Have the system hold what these files contain, for as long as it has memory to spare. What
    it holds already costs nothing; files that are gone do not matter."""
    for path in paths:
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_RDONLY)
            try:
                _read_ahead(fd)
            finally:
                os.close(fd)


def _read_ahead(fd: int) -> None:
    if sys.platform == "linux":
        for begin in range(0, os.fstat(fd).st_size, _WINDOW):
            os.posix_fadvise(fd, begin, _WINDOW, os.POSIX_FADV_WILLNEED)
        return
    # Where it cannot be asked to (macOS), what is read stays there.
    piece = bytearray(_PIECE)
    while os.readv(fd, [piece]):
        pass
