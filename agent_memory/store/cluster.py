"""The data folder of the embedded PostgreSQL: how it is made and how its superuser is known."""

import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_memory.disk_sync import sync, sync_folder
from agent_memory.store.account import Account
from agent_memory.store.programs import run_program
from agent_memory.store.wal_sync import wal_sync_settings

SUPERUSER = "agent_memory"
DATABASE = "agent_memory"

_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
"""PostgreSQL's own: no locale need be installed, and an upgrade of libc breaks no index."""
_ADMISSION = "# Local sockets only, and only with the password.\nlocal all all scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class Cluster:
    """PostgreSQL's files in `data` and the superuser's password in `passfile` (libpq's format)."""

    programs: Path
    data: Path
    passfile: Path
    account: Account

    def ensure(self) -> None:
        """Make whatever is missing. The server must not be running."""
        if not self.data.exists():
            self._initialise()
        elif not self.passfile.exists():
            self._replace_password()

    def _initialise(self) -> None:
        """Made beside and renamed, so that a kill half-way leaves nothing that looks whole.

        Written to disk once, at the end, rather than by every step.
        """
        fresh = self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.account.own(fresh)
        password = secrets.token_urlsafe(32)
        options = ("--username", SUPERUSER, "--encoding=UTF8", *_LOCALE, "--auth=reject")
        self._run_initdb(fresh, "--no-sync", *options)
        (fresh / "pg_hba.conf").write_text(_ADMISSION)
        self._run_alone(
            fresh, f"CREATE DATABASE {DATABASE}", _set_password(password), options=("-F",)
        )
        self._run_initdb(fresh, "--sync-only")
        self._write_passfile(password)
        sync_folder(fresh)  # initdb's own sync stops at the drive's cache on macOS
        fresh.rename(self.data)
        sync_folder(self.data.parent)  # or a power cut could undo the name, and with it the data

    def _replace_password(self) -> None:
        password = secrets.token_urlsafe(32)
        self._run_alone(self.data, _set_password(password))
        self._write_passfile(password)

    def _write_passfile(self, password: str) -> None:
        fresh = self.passfile.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"*:*:*:{SUPERUSER}:{password}\n")
            file.flush()
            sync(file.fileno())
        fresh.rename(self.passfile)
        sync_folder(self.passfile.parent)

    def _run_initdb(self, data: Path, *options: str) -> None:
        run_program([str(self.programs / "initdb"), "--pgdata", str(data), *options], self.account)

    def _run_alone(self, data: Path, *statements: str, options: Sequence[str] = ()) -> None:
        """Run statements without a server, keeping them out of every log."""
        quiet = {"log_statement": "none", "log_min_error_statement": "panic"}
        settings = quiet | wal_sync_settings(data)
        given = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        postgres = str(self.programs / "postgres")
        command = [postgres, "--single", *options, "-D", str(data), *given, "postgres"]
        run_program(command, self.account, stdin="\n".join((*statements, "")))


def _set_password(password: str) -> str:
    """`password` is of our own making and needs no quoting."""
    return f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'"
