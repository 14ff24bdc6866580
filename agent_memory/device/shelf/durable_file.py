"""Files that are there whole or not at all, whatever happens while they are written."""

import fcntl
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from agent_memory.disk_sync import sync_before_the_rest, sync_folder

TMP_SUFFIX = ".tmp"


def make_folder(folder: Path) -> None:
    """Make `folder` for its owner alone; its parent knows of it on disk when this returns."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def write_durably(
    path: Path,
    chunks: Iterable[memoryview | bytes],
    links: Iterable[tuple[Path, Path]] = (),
) -> None:
    """Write a new file under a temporary name, force it to disk, then give it its name. One flush
    of the drive's cache, with the name, brings both there.

    links: pairs of a file and another name for it, in the same folder as `path`; they are there
    while the temporary file is, and before it has its name.
    Raises `OSError` (a full disk among others) and then leaves nothing behind.
    """
    tmp, fd = _open_tmp(path)
    linked: list[Path] = []
    try:
        try:
            for file, name in links:
                if _link(file, name):
                    linked.append(name)
            for chunk in chunks:
                if len(chunk):
                    _write_all(fd, memoryview(chunk).cast("B"))
            sync_before_the_rest(fd)
            tmp.rename(path)
        finally:
            os.close(fd)
    except BaseException:
        for name in linked:
            name.unlink(missing_ok=True)
        tmp.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def remove_abandoned(tmp: Path) -> None:
    """Remove a temporary file unless somebody is writing it at this moment."""
    try:
        fd = os.open(tmp, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tmp.unlink(missing_ok=True)
    except BlockingIOError:
        return
    finally:
        os.close(fd)


def _open_tmp(path: Path) -> tuple[Path, int]:
    """A fresh file beside `path`, locked for as long as it is written."""
    while True:
        tmp = path.with_name(f"{path.name}.{secrets.token_hex(4)}{TMP_SUFFIX}")
        fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return tmp, fd
        os.close(fd)  # swept away between open and lock


def _link(file: Path, name: Path) -> bool:
    """Give a file another name; False: there was such a name already, which is its name now."""
    try:
        name.hardlink_to(file)
    except FileExistsError:
        if not name.samefile(file):
            _replace_link(file, name)
        return False
    return True


def _replace_link(file: Path, name: Path) -> None:
    """At no moment is there nothing of that name: somebody may count on it."""
    tmp = name.with_name(f"{name.name}.{secrets.token_hex(4)}{TMP_SUFFIX}")
    tmp.hardlink_to(file)
    try:
        tmp.rename(name)
    except OSError:
        tmp.unlink(missing_ok=True)
        raise


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]
