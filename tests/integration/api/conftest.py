"""The application over a real database, with a key for each of two workspaces."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from fastapi import FastAPI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.clock import utc_now
from agent_memory.ids import WorkspaceId
from agent_memory.memory.service.composition import World
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.store.database import Database
from agent_memory.store.stored_contexts import stored_contexts
from agent_memory.store.stored_memory import stored_memory
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.memory import word_tokens
from agent_memory.testing.postgres import database_name, embedded_database, fresh_database
from agent_memory.testing.runtime import (
    ScriptedTurns,
    StaticKeys,
    principal,
    scripted_runtime,
)

OURS, THEIRS = "am_ours", "am_theirs"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with (
        TemporaryDirectory(prefix="am-api-") as folder,
        embedded_database(Path(folder) / "postgres") as url,
    ):
        yield url


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with fresh_database(postgres, database_name(postgres)) as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    for name in ("ours", "theirs"):
        await WorkspaceStore(database).ensure_workspace(WorkspaceId(name))
    yield database
    await database.close()


@pytest.fixture
def app(database: Database) -> FastAPI:
    world = World(WordsOnly(), WordsOnly(), word_tokens, utc_now)
    keys = StaticKeys({key: principal(WorkspaceId(key[3:])) for key in (OURS, THEIRS)})
    runtime = scripted_runtime(
        ScriptedTurns(()),
        keys=keys,
        memory=stored_memory(database, world),
        contexts=stored_contexts(database, (), utc_now),
    )
    return create_app(runtime, Limits())


@asynccontextmanager
async def client_of(app: FastAPI, key: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    headers = {"x-api-key": key}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=headers
    ) as client:
        yield client


@pytest.fixture
async def ours(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, OURS) as client:
        yield client


@pytest.fixture
async def theirs(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, THEIRS) as client:
        yield client
