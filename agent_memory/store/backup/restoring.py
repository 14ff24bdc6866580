"""Reading a backup into a database that has nothing of ours."""

import psycopg

from agent_memory.errors import Conflict, StorageUnavailable
from agent_memory.store.address import check_address
from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.digests import differences, digest_tables
from agent_memory.store.backup.making import DUMP
from agent_memory.store.backup.programs import fill
from agent_memory.store.faults import translated_errors
from agent_memory.store.migrate import find_pending, migrate, prepare_server, read_migrations
from agent_memory.store.statements import statement


def check_restorable(archive: Archive) -> None:
    """`StorageUnavailable` for a backup of a newer version."""
    find_pending(read_migrations(), archive.manifest.migrations)


def restore_database(archive: Archive, url: str) -> tuple[str, ...]:
    """Fill the database of `url`, compare it with the manifest, and bring it to the shape of this
    version; the migrations that this took. Blocks.

    `Conflict` when it has our tables already, `StorageUnavailable` when it could not be filled or
    does not hold what the backup held; then it is left without them.
    """
    check_restorable(archive)
    check_address(url)
    with translated_errors(), psycopg.connect(url, connect_timeout=10) as connection:
        if connection.execute(statement("find_schema"), {"name": "agent_memory"}).fetchone():
            raise Conflict("The database has tables of agent_memory already.")
        prepare_server(connection)
    fill(url, archive.read(DUMP))
    try:
        _compare(archive, url)
    except StorageUnavailable:
        _empty(url)
        raise
    applied = migrate(url)
    with translated_errors(), psycopg.connect(url) as connection:
        connection.execute(statement("begin_feeds_again"))
    return applied


def _compare(archive: Archive, url: str) -> None:
    with translated_errors(), psycopg.connect(url) as connection:
        found = digest_tables(connection)
    if different := differences(archive.manifest.tables, found):
        raise StorageUnavailable(
            f"The restored tables are not as they were: {', '.join(different)}. Nothing was kept."
        )


def _empty(url: str) -> None:
    with translated_errors(), psycopg.connect(url) as connection:
        connection.execute(statement("drop_schemas"))
