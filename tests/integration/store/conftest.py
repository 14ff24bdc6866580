from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agent_memory.ids import WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.keys import KeyStore
from agent_memory.store.migrate import migrate
from agent_memory.store.sessions import SessionStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import database_name, fresh_database
from tests.integration.store.redis_server import redis_server

collect_ignore = [] if redis_server() else ["test_shared_limiter.py", "contexts/test_body_cache.py"]
"""Systems for which there is no Redis in a wheel are tested with their own, where they have one."""

ALPHA = WorkspaceId("alpha")
BETA = WorkspaceId("beta")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Not pytest's own: when root runs two test suites at once, each closes the folder that they
    share to everybody else, the user that PostgreSQL runs as included."""
    with TemporaryDirectory(prefix="agent_memory-") as name:
        yield Path(name)


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder for a server of the test's own."""
    with temporary_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """One database server for the whole run."""
    with temporary_folder() as folder:
        server = EmbeddedPostgres.start(folder / "postgres")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def migrated(server: EmbeddedPostgres) -> Iterator[str]:
    """The name of a migrated database to copy."""
    with fresh_database(server.url) as url:
        migrate(url)
        yield database_name(url)


@pytest.fixture
def url(server: EmbeddedPostgres, migrated: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    with fresh_database(server.url, migrated) as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """With two empty workspaces, alpha and beta."""
    database = Database(url)
    for workspace_id in (ALPHA, BETA):
        await WorkspaceStore(database).ensure_workspace(workspace_id)
    yield database
    await database.close()


@pytest.fixture
def keys(database: Database) -> KeyStore:
    return KeyStore(database)


@pytest.fixture
def sessions(database: Database) -> SessionStore:
    return SessionStore(database)
