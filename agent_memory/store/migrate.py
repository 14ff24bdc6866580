"""Bringing the database to the shape that this version of the code expects."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import Connection, errors

from agent_memory.errors import StorageUnavailable
from agent_memory.store.address import check_address
from agent_memory.store.faults import translated_errors
from agent_memory.store.roles import administrators_sql, ensure_roles
from agent_memory.store.statements import statement

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x61676D656D6F7279
"""An arbitrary number of our own ("agmemory") for PostgreSQL's advisory lock."""
_OLDEST_SERVER = 150_000
_CONNECT_TIMEOUT_S = 10
_SCHEMAS = {"agent_memory": "create_schema", "agent_memory_jobs": "create_jobs_schema"}


@dataclass(frozen=True, slots=True)
class Migration:
    """One file `NNNN_what_it_does.sql`."""

    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


def read_migrations(folder: Path = _FOLDER) -> tuple[Migration, ...]:
    """All migrations in the order of their numbers."""
    return tuple(Migration(path.stem, path.read_bytes()) for path in sorted(folder.glob("*.sql")))


def migrate(url: str, migrations: Sequence[Migration] | None = None) -> tuple[str, ...]:
    """Apply what has not been applied, all or nothing, and return the names. Blocks.

    Several processes may do so at once: one works, the others wait and find nothing left to do.
    `StorageUnavailable` says what is wrong: no connection, a server too old or without pgvector,
    a user who may not, a migration changed after it was applied, or a database of a newer version.
    """
    check_address(url)
    wanted = read_migrations() if migrations is None else tuple(migrations)
    with (
        translated_errors(),
        psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S) as connection,
    ):
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        _prepare(connection)
        pending = find_pending(wanted, _read_applied(connection))
        for migration in pending:
            _apply(connection, migration)
    return tuple(migration.name for migration in pending)


def find_pending(
    migrations: Sequence[Migration], applied: Mapping[str, str]
) -> tuple[Migration, ...]:
    """Those that `applied` (name to checksum) lacks; `StorageUnavailable` when the two disagree."""
    known = {migration.name: migration.checksum for migration in migrations}
    for name, checksum in applied.items():
        if name not in known:
            raise StorageUnavailable(
                f"The database was migrated by a newer version of agent_memory ({name}): "
                "run that version, or use another database."
            )
        if known[name] != checksum:
            raise StorageUnavailable(
                f"The migration {name} is not the one that was applied to this database: "
                "restore the file as it was and put the change into a new migration."
            )
    return tuple(migration for migration in migrations if migration.name not in applied)


def prepare_server(connection: Connection) -> None:
    """The roles and the extension, which do not belong to our schemas."""
    version = connection.info.server_version
    if version < _OLDEST_SERVER:
        raise StorageUnavailable(
            f"PostgreSQL 15 or newer is needed; this one is {version // 10000}."
        )
    ensure_roles(connection)
    try:
        connection.execute(statement("ensure_vector"))
    except errors.InsufficientPrivilege as error:
        raise StorageUnavailable(administrators_sql(connection)) from error
    except (errors.FeatureNotSupported, errors.UndefinedFile) as error:
        raise StorageUnavailable(
            "This PostgreSQL lacks the extension pgvector: install it on the database server "
            f"(on Debian, the package postgresql-{version // 10000}-pgvector)."
        ) from error


def _prepare(connection: Connection) -> None:
    """Server, schemas and the list of migrations; then go on as the tables' owner."""
    prepare_server(connection)
    try:
        for schema, creation in _SCHEMAS.items():
            if connection.execute(statement("find_schema"), {"name": schema}).fetchone() is None:
                connection.execute(statement(creation))
    except errors.InsufficientPrivilege as error:
        raise StorageUnavailable(administrators_sql(connection)) from error
    connection.execute(statement("become_owner"))
    connection.execute(statement("ensure_migration_list"))


def _read_applied(connection: Connection) -> dict[str, str]:
    rows = connection.execute(statement("list_migrations")).fetchall()
    return {str(name): str(checksum) for name, checksum in rows}


def _apply(connection: Connection, migration: Migration) -> None:
    connection.execute(migration.sql)
    connection.execute(
        statement("insert_migration"), {"name": migration.name, "checksum": migration.checksum}
    )
