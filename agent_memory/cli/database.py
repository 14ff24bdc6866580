"""The database of a data directory, whether a server is running on it or not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from agent_memory.cli.running import RunningServer
from agent_memory.errors import NotFound
from agent_memory.secrets_file import private_folder
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import migrate

_T = TypeVar("_T")

POSTGRES_FOLDER = "postgres"


def with_database(
    settings: Settings,
    server: RunningServer | None,
    work: Callable[[Database], Awaitable[_T]],
    *,
    may_create: bool = False,
) -> _T:
    """The result of `work` on the database of the data directory.

    With `server`, that one's. Without, `DATABASE_URL`, else the embedded PostgreSQL, started for
    the purpose and stopped again; where there is none yet, `may_create` makes one and otherwise
    `NotFound` is raised.
    """
    with open_database(settings, server, may_create=may_create) as url:
        return asyncio.run(_run(url, work))


async def _run(url: str, work: Callable[[Database], Awaitable[_T]]) -> _T:
    database = Database(url, max_size=1)
    try:
        return await work(database)
    finally:
        await database.close()


@contextmanager
def open_database(
    settings: Settings, server: RunningServer | None, *, may_create: bool
) -> Iterator[str]:
    """The URL of the database that `with_database` works on, as long as the context lasts."""
    if server is not None:
        yield server.presence.database_url
    elif settings.database_url is not None:
        migrate(settings.database_url)
        yield settings.database_url
    else:
        with _embedded(settings, may_create=may_create) as url:
            yield url


@contextmanager
def _embedded(settings: Settings, *, may_create: bool) -> Iterator[str]:
    folder = settings.home / POSTGRES_FOLDER
    if not (may_create or folder.exists()):
        raise NotFound("data of a server", str(settings.home))
    private_folder(settings.home)
    postgres = EmbeddedPostgres.start(folder)
    try:
        migrate(postgres.url)
        yield postgres.url
    finally:
        postgres.stop()
