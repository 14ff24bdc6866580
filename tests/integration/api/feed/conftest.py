"""The application with contexts and their feed, over a real database, on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from agent_memory.access.principal import ApiKeyRecord
from agent_memory.access.sealing import Sealing
from agent_memory.api.app import create_app
from agent_memory.api.feed.connections import Connections
from agent_memory.api.limits import Limits
from agent_memory.api.runtime import Runtime
from agent_memory.clock import utc_now
from agent_memory.deployments.context_feed import context_feed
from agent_memory.ids import WorkspaceId
from agent_memory.settings import Settings
from agent_memory.store.authenticator import KeyAuthenticator
from agent_memory.store.contexts.readers import FeedReaders
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.stored_contexts import memory_versions, stored_contexts
from agent_memory.testing.runtime import ScriptedTurns, scripted_runtime

WORKSPACE, OTHER = WorkspaceId("ours"), WorkspaceId("theirs")
RING = [bytes(range(32))]
SEALING = Sealing(bytes(32))


@pytest.fixture
def keys(database: Database) -> KeyStore:
    return KeyStore(database)


@pytest.fixture
async def held(keys: KeyStore) -> tuple[ApiKeyRecord, str]:
    return await keys.create_key(WORKSPACE, "reader", ["contexts"])


@pytest.fixture
def runtime(database: Database, url: str, keys: KeyStore) -> Runtime:
    contexts = stored_contexts(database, RING, utc_now)
    settings = Settings(cors_origins=("https://pages.example",))
    feed = context_feed(database, url, settings, SEALING)
    feed = replace(feed, connections=Connections(FeedReaders(database), max_open=3, check_s=0.2))
    return replace(
        scripted_runtime(ScriptedTurns(()), contexts=contexts),
        keys=KeyAuthenticator(keys),
        context_feed=feed,
        memory_versions=memory_versions(database, RING),
    )


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return create_app(runtime, Limits())


@pytest.fixture
async def port(app: FastAPI) -> AsyncIterator[int]:
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_keep_alive=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    server.force_exit = True
    await serving


@pytest.fixture
async def client(port: int, held: tuple[ApiKeyRecord, str]) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"x-api-key": held[1]}
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as client:
        yield client


async def put(client: httpx.AsyncClient, key: str, data: object = "x") -> None:
    response = await client.put(f"/v1/contexts/{key}", json={"data": data})
    assert response.status_code in {200, 201}, response.text
