"""A queue in a real database, with one workspace."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.service.composition import World
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.jobs import JobStore
from agent_memory.store.stored_memory import stored_memory
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import database_name, embedded_database, fresh_database
from tests.integration.jobs.effects import CREATE_EFFECTS, WORKSPACE

NOW = datetime(2026, 5, 1, tzinfo=UTC)


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


@pytest.fixture
def memory(database: Database) -> Memory:
    """Memory whose questions are answered by words."""

    async def estimated() -> TokenCounter:
        return EstimatedTokens()

    return stored_memory(database, World(WordsOnly(), WordsOnly(), estimated, lambda: NOW))
