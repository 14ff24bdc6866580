"""One application over the scripted runtime, and the ways to call it."""

from collections.abc import AsyncIterator

import anthropic
import httpx
import httpx2
import openai
import pytest
from fastapi import FastAPI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.testing.embeddings import HashingEmbeddings
from agent_memory.testing.jobs import DictWorkers
from agent_memory.testing.runtime import (
    TEST_KEY,
    MemorySessions,
    ScriptedModels,
    ScriptedTurns,
    StaticCondition,
    StaticKeys,
    principal,
    scripted_runtime,
)
from tests.unit.api.scripts import MODEL, PARIS


@pytest.fixture
def turns() -> ScriptedTurns:
    return ScriptedTurns(PARIS, [MODEL], num_prompt_tokens=21)


@pytest.fixture
def sessions() -> MemorySessions:
    return MemorySessions()


@pytest.fixture
def keys() -> StaticKeys:
    return StaticKeys({TEST_KEY: principal()})


@pytest.fixture
def condition() -> StaticCondition:
    return StaticCondition()


@pytest.fixture
def embeddings() -> HashingEmbeddings:
    return HashingEmbeddings()


@pytest.fixture
def workers() -> DictWorkers:
    return DictWorkers()


@pytest.fixture
def models(turns: ScriptedTurns) -> ScriptedModels:
    return ScriptedModels(turns)


@pytest.fixture
def limits() -> Limits:
    return Limits(ping_interval_s=0.02)


@pytest.fixture
def app(
    turns: ScriptedTurns,
    sessions: MemorySessions,
    keys: StaticKeys,
    condition: StaticCondition,
    embeddings: HashingEmbeddings,
    workers: DictWorkers,
    models: ScriptedModels,
    limits: Limits,
) -> FastAPI:
    runtime = scripted_runtime(
        turns,
        sessions,
        keys,
        condition,
        embeddings=embeddings,
        workers=workers,
        models=models,
    )
    return create_app(runtime, limits)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sends the key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test",
        headers={"Authorization": f"Bearer {TEST_KEY}"},
    ) as client:
        yield client


@pytest.fixture
async def claude(app: FastAPI) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """The official Anthropic client, which sends `x-api-key`."""
    transport = httpx2.ASGITransport(app)
    async with anthropic.AsyncAnthropic(
        api_key=TEST_KEY,
        base_url="http://test",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    ) as client:
        yield client


@pytest.fixture
async def gpt(app: FastAPI) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official OpenAI client, which sends `Authorization: Bearer`."""
    transport = httpx2.ASGITransport(app)
    async with openai.AsyncOpenAI(
        api_key=TEST_KEY,
        base_url="http://test/v1",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    ) as client:
        yield client
