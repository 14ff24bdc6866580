"""A queue in a real database, with one workspace."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.jobs import JobStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import database_name, embedded_database, fresh_database
from tests.integration.jobs.effects import CREATE_EFFECTS, WORKSPACE


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    with (
        TemporaryDirectory(prefix="agent_memory-") as folder,
        embedded_database(Path(folder) / "postgres") as url,
    ):
        yield url


@pytest.fixture
def url(template: str) -> Iterator[str]:
    """A migrated database of this test's own, with a table for what jobs do."""
    with fresh_database(template, database_name(template)) as url:
        with psycopg.connect(url) as connection:
            connection.execute(CREATE_EFFECTS)
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await WorkspaceStore(database).ensure_workspace(WORKSPACE)
    yield database
    await database.close()


@pytest.fixture
def jobs(database: Database) -> JobStore:
    return JobStore(database)


@pytest.fixture
def queue(database: Database, url: str) -> JobQueueStore:
    return JobQueueStore(database, url)
