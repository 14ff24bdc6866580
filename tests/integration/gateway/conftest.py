"""An application beside scripted upstreams, and official clients of it."""

from collections.abc import AsyncIterator

import anthropic
import httpx
import httpx2
import openai
import pytest
from fastapi import FastAPI

from agent_memory.testing.far_app import FarApp, configured, provider
from agent_memory.testing.runtime import TEST_KEY
from agent_memory.testing.upstream.server import ScriptedUpstream
from agent_memory.turns.route import Wire


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as server:
        yield server


@pytest.fixture
async def far_app(upstream: ScriptedUpstream) -> AsyncIterator[FarApp]:
    """`claude/…` and `gpt/…` are the same upstream, in the two protocols."""
    app = FarApp(
        configured(
            provider("claude", Wire.ANTHROPIC, upstream.url),
            provider("gpt", Wire.OPENAI, upstream.url),
        ),
        near=("near one", "near two"),
    )
    yield app
    await app.far.close()


@pytest.fixture
def app(far_app: FarApp) -> FastAPI:
    return far_app.app


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {TEST_KEY}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=headers
    ) as client:
        yield client


@pytest.fixture
async def claude(app: FastAPI) -> AsyncIterator[anthropic.AsyncAnthropic]:
    transport = httpx2.ASGITransport(app)
    async with (
        httpx2.AsyncClient(transport=transport) as client,
        anthropic.AsyncAnthropic(
            api_key=TEST_KEY, base_url="http://test", http_client=client, max_retries=0
        ) as sdk,
    ):
        yield sdk


@pytest.fixture
async def gpt(app: FastAPI) -> AsyncIterator[openai.AsyncOpenAI]:
    transport = httpx2.ASGITransport(app)
    async with (
        httpx2.AsyncClient(transport=transport) as client,
        openai.AsyncOpenAI(
            api_key=TEST_KEY, base_url="http://test/v1", http_client=client, max_retries=0
        ) as sdk,
    ):
        yield sdk
