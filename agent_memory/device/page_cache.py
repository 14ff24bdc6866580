"""Files that the system brings into its own memory before anybody reads them."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

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
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_WILLNEED)
        return
    # Where it cannot be asked to (macOS), what is read stays there.
    piece = bytearray(_PIECE)
    while os.readv(fd, [piece]):
        pass
