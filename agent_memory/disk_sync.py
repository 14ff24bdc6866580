"""Forcing what was written onto the disk itself.

On macOS `fsync` stops at the drive's own cache, which a power cut empties. `F_FULLFSYNC` empties it
onto the disk, of all that was written before, and takes some milliseconds; `F_BARRIERFSYNC` only
has it keep the order. Some file systems know neither (those of networks, of FUSE, exFAT): `fsync`
is the most that they offer.
"""

import errno
import fcntl
import os
import sys
import tempfile
from pathlib import Path

_BARRIER_FSYNC = 85
"""`F_BARRIERFSYNC` of macOS, which `fcntl` does not name."""
_IS_UNKNOWN = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY})


def sync(fd: int) -> None:
    """Force the bytes of a file, or the names in a folder, onto the disk itself."""
    if sys.platform != "darwin" or not _control(fd, fcntl.F_FULLFSYNC):
        os.fsync(fd)


def sync_before_the_rest(fd: int) -> None:
    """Have a file's bytes on the disk before anything that is written after them.

    They are there for certain after the next `sync` of whatever lies on the same disk.
    """
    if sys.platform != "darwin" or not _control(fd, _BARRIER_FSYNC):
        os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names onto the disk itself."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(fd)
    finally:
        os.close(fd)


def has_cache_to_empty(folder: Path) -> bool:
    """Whether files below `folder` are on the disk itself only after more than `fsync`."""
    if sys.platform != "darwin":
        return False
    with tempfile.TemporaryFile(dir=folder) as probe:
        return _control(probe.fileno(), fcntl.F_FULLFSYNC)


def _control(fd: int, command: int) -> bool:
    """False when the file system does not know the command."""
    try:
        fcntl.fcntl(fd, command)
    except OSError as error:
        if error.errno not in _IS_UNKNOWN:
            raise
        return False
    return True
