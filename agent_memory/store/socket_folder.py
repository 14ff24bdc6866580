"""Where Unix sockets live: PostgreSQL's in its own folder, all others nearer the root."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from agent_memory.errors import StorageUnavailable
from agent_memory.store.account import Account

SOCKET_NAME = ".s.PGSQL.5432"
_MAX_PATH_BYTES = 103
"""macOS allows 103 bytes of path and Linux 107."""
_SEPARATORS = frozenset(",\" '\t\n\\")
"""Characters that PostgreSQL's or libpq's lists of folders would split or unquote."""


def temporary_parent(socket: str) -> Path:
    """The folder for a temporary `socket` (a relative path): the usual one, or `/tmp` where the
    usual one leaves too little room. macOS gives everybody one whose path has 48 bytes."""
    usual = Path(tempfile.gettempdir())
    return usual if _fits(usual / socket) else Path("/tmp")  # noqa: S108  owners are checked


def make_socket_folder(folder: Path, account: Account) -> Path:
    """A folder that only `account` may enter, short enough for a socket: `folder` itself, or one
    in the temporary folder named after it."""
    chosen = folder if _is_usable(folder) else _substitute(folder)
    if not _is_usable(chosen):
        raise StorageUnavailable(f"No folder's path is short enough for a socket: {chosen}.")
    try:
        chosen.mkdir(mode=0o700)
    except FileExistsError:
        _check_owner(chosen, account)
    account.own(chosen)
    return chosen


def _is_usable(folder: Path) -> bool:
    return _fits(folder / SOCKET_NAME) and not _SEPARATORS & set(str(folder))


def _fits(socket: Path) -> bool:
    return len(os.fsencode(socket)) <= _MAX_PATH_BYTES


def _substitute(folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    near = Path(tempfile.gettempdir()) / f"agent_memory-{name}"
    return near if _is_usable(near) else Path("/tmp") / near.name  # noqa: S108  owner is checked


def _check_owner(folder: Path, account: Account) -> None:
    """Refuse a folder that somebody else put in our place."""
    status = folder.lstat()
    owners = {os.geteuid(), account.uid}
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid in owners
    if not is_ours or status.st_mode & 0o077:
        raise StorageUnavailable(f"{folder} belongs to another user or is open to others.")
