"""Real databases for tests: one embedded server, and as many databases on it as there are tests."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import migrate


@contextmanager
def embedded_database(folder: Path) -> Iterator[str]:
    """The URL of a migrated database on a server of its own in `folder`, stopped at the end."""
    server = EmbeddedPostgres.start(folder)
    try:
        migrate(server.url)
        yield server.url
    finally:
        server.stop()


@contextmanager
def fresh_database(url: str, template: str = "template0") -> Iterator[str]:
    """Connection parameters of a new database beside that of `url`, copied from `template` (which
    nobody may be using) and dropped at the end."""
    name = sql.Identifier(database := f"test_{secrets.token_hex(6)}")
    copied = sql.Identifier(template)
    _administer(url, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, copied))
    try:
        yield make_conninfo(url, dbname=database)
    finally:
        _administer(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def database_name(url: str) -> str:
    """The database that `url` names."""
    return str(conninfo_to_dict(url)["dbname"])


def _administer(url: str, command: sql.Composed) -> None:
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(command)
