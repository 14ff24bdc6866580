"""Making a backup while the server serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import Connection, IsolationLevel

from agent_memory.access.sealing import Sealing
from agent_memory.errors import StorageUnavailable
from agent_memory.store.backup.archive import writing_archive
from agent_memory.store.backup.digests import digest_tables
from agent_memory.store.backup.manifest import FORMAT, Manifest
from agent_memory.store.backup.programs import dumped
from agent_memory.store.faults import translated_errors
from agent_memory.store.statements import statement

DUMP = "database.dump"
SECRETS_KEY = "secrets.key.sealed"
SECRETS_KEY_PLACE = "backup/secrets.key"


@dataclass(frozen=True, slots=True)
class BackupSecrets:
    """What opens the secrets in the database, and how it travels.

    sealing: seals the key into the backup; without it the key stays outside, and `outside` says so.
    """

    secrets_key: bytes
    sealing: Sealing | None
    outside: tuple[str, ...]


def make_backup(
    url: str, path: Path, secrets: BackupSecrets, version: str, now: datetime
) -> Manifest:
    """The database of `url` at one moment, in a new file at `path`. Blocks.

    Dump and digests see the same snapshot. `StorageUnavailable` when it could not be made; a file
    that was at `path` is replaced by a whole one or stays.
    """
    with writing_archive(path) as archive, _snapshot(url) as (connection, snapshot):
        archive.add(DUMP, dumped(url, snapshot))
        if secrets.sealing is not None:
            sealed = secrets.sealing.seal(secrets.secrets_key.hex(), SECRETS_KEY_PLACE)
            archive.add(SECRETS_KEY, [sealed])
        applied = connection.execute(statement("list_applied_migrations")).fetchall()
        manifest = Manifest(
            FORMAT,
            version,
            now,
            {str(name): str(checksum) for name, checksum in applied},
            digest_tables(connection),
            archive.parts,
            secrets.outside,
        )
        archive.finish(manifest)
    return manifest


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[Connection, str]]:
    """A transaction that sees one moment, and the name by which others see the same."""
    with translated_errors(), psycopg.connect(url, connect_timeout=10) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        ((sees_all,),) = connection.execute(statement("sees_all_rows")).fetchall()
        if not sees_all:
            raise StorageUnavailable(
                f"The database user '{connection.info.user}' does not see the rows of all "
                "workspaces: give it BYPASSRLS, or have the database's own backups made."
            )
        ((snapshot,),) = connection.execute(statement("export_snapshot")).fetchall()
        yield connection, str(snapshot)
