from collections.abc import AsyncIterator, Iterator

import pytest

from agent_memory.ids import WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.keys import KeyStore
from agent_memory.store.migrate import migrate
from agent_memory.store.sessions import SessionStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import database_name, fresh_database

ALPHA = WorkspaceId("alpha")
BETA = WorkspaceId("beta")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One database server for the whole run."""
    server = EmbeddedPostgres.start(tmp_path_factory.mktemp("database") / "postgres")
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
