"""Restoring into a data directory, whose embedded PostgreSQL is made whole beside and renamed."""

import shutil
from datetime import datetime
from pathlib import Path

from agent_memory.disk_sync import sync_folder
from agent_memory.errors import Conflict
from agent_memory.secrets_file import private_folder, write_private
from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.restoring import check_restorable, restore_database
from agent_memory.store.embedded import EmbeddedPostgres

_POSTGRES, _FRESH = "postgres", "postgres.restoring"


def restore_folder(
    archive: Archive, home: Path, key: str | None, now: datetime, *, may_replace: bool
) -> Path | None:
    """Make the data directory `home` hold what the backup held; where its former database is now.
    No server may run on it. Blocks.

    key: that of secrets. `Conflict` where there is a database already and `may_replace` is not
    said. Until the last step, `home` is as it was.
    """
    check_restorable(archive)
    place, fresh = home / _POSTGRES, home / _FRESH
    if place.exists() and not may_replace:
        raise Conflict(
            f"{home} holds a database already. Choose another --data-dir, or put the former one "
            "aside with --replace."
        )
    private_folder(home)
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _fill(archive, fresh)
        return _take_place(fresh, place, key, now)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _fill(archive: Archive, fresh: Path) -> None:
    postgres = EmbeddedPostgres.start(fresh)
    try:
        restore_database(archive, postgres.url)
    finally:
        postgres.stop()


def _take_place(fresh: Path, place: Path, key: str | None, now: datetime) -> Path | None:
    former = place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%SZ}")
    key_file = place.parent / "run" / "providers.key"
    had_database, had_key = place.exists(), key_file.exists()
    if had_database:
        place.rename(former)
    fresh.rename(place)
    sync_folder(place.parent)
    if key is not None:
        if had_key and key_file.read_text().strip() != key:
            key_file.rename(key_file.with_name(f"{key_file.name}.before-{now:%Y%m%dT%H%M%SZ}"))
        write_private(key_file, key.encode())
    return former if had_database else None
