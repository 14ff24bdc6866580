"""Letting the database's user through folders that only root may enter, and nobody else."""

import os
import struct
import sys
from contextlib import suppress
from pathlib import Path

from agent_memory.errors import StorageUnavailable
from agent_memory.store.account import Account

_ACL = "system.posix_acl_access"
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY = 0xFFFFFFFF
_ENTER = 1

_Entries = dict[tuple[int, int], int]
"""(tag, user id) -> permission bits, as in acl(5)."""


def grant_passage(path: Path, account: Account) -> None:
    """Let `account` enter every folder above `path`, without a right to list them.

    An access control entry for that user where the file system has them, else the execute bit
    for everyone.
    """
    if account.uid is None:
        return
    for folder in reversed(path.resolve().parents):
        if not _may_enter(folder, account.uid):
            _let_in(folder, account.uid)


def grant_reading(programs: Path, account: Account) -> None:
    """Let everyone read the installed programs and their libraries, as installers mean them to be;
    a umask of 077 at installation leaves them to root alone."""
    grant_passage(programs, account)
    if account.uid is None or (programs / "postgres").stat().st_mode & 0o005 == 0o005:
        return
    root = programs.parent
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o044 | (0o011 if path.is_dir() or mode & 0o100 else 0))


def _may_enter(folder: Path, uid: int) -> bool:
    status = folder.stat()
    if status.st_uid == uid:
        return bool(status.st_mode & 0o100)
    if status.st_mode & 0o001:
        return True
    entries = _read_acl(folder)
    return bool(entries.get((_USER, uid), 0) & entries.get((_MASK, _NOBODY), 0) & _ENTER)


def _let_in(folder: Path, uid: int) -> None:
    entries = _read_acl(folder)
    shared = entries.get((_MASK, _NOBODY), entries[_GROUP_OBJ, _NOBODY])
    entries[_USER, uid] = _ENTER
    entries[_MASK, _NOBODY] = shared | _ENTER
    if not _write_acl(folder, entries):
        _open_to_all(folder)


def _open_to_all(folder: Path) -> None:
    try:
        folder.chmod(folder.stat().st_mode | 0o001)
    except OSError as error:
        raise StorageUnavailable(
            f"The database's user cannot enter {folder}: choose another data directory."
        ) from error


def _read_acl(folder: Path) -> _Entries:
    """The entries of `folder`, made from its mode when it has no list of its own."""
    raw = b""
    if sys.platform == "linux":
        with suppress(OSError):
            raw = os.getxattr(folder, _ACL)
    if raw:
        return {(tag, who): bits for tag, bits, who in struct.iter_unpack("<HHI", raw[4:])}
    mode = folder.stat().st_mode
    return {
        (_USER_OBJ, _NOBODY): mode >> 6 & 7,
        (_GROUP_OBJ, _NOBODY): mode >> 3 & 7,
        (_OTHER, _NOBODY): mode & 7,
    }


def _write_acl(folder: Path, entries: _Entries) -> bool:
    """Whether the file system took the list."""
    rows = sorted(entries.items())
    raw = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, bits, who) for (tag, who), bits in rows
    )
    if sys.platform == "linux":
        with suppress(OSError):
            os.setxattr(folder, _ACL, raw)
            return True
    return False
