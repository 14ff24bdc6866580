"""Health needs no key and tells what is wrong."""

import httpx
import pytest
from fastapi import FastAPI

from agent_memory.testing.runtime import StaticCondition


@pytest.fixture
async def stranger(app: FastAPI) -> httpx.AsyncClient:
    """A client without a key."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.mark.parametrize(
    "path", ["/health/live", "/healthz", "/health/ready", "/readyz", "/health/startup"]
)
async def test_a_healthy_server_says_so(stranger: httpx.AsyncClient, path: str) -> None:
    response = await stranger.get(path)
    assert response.status_code == 200
    assert response.json()["status"] == "ok"


async def test_a_server_without_an_engine_lives_but_is_not_ready(
    stranger: httpx.AsyncClient, condition: StaticCondition
) -> None:
    condition.is_ready = False
    condition.checks = {"engine": "no node with the resource 'mlx'"}
    assert (await stranger.get("/health/live")).status_code == 200
    assert (await stranger.get("/health/startup")).status_code == 200
    for path in ("/health/ready", "/readyz"):
        response = await stranger.get(path)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "2"
        assert response.json()["checks"] == {"engine": "no node with the resource 'mlx'"}


async def test_a_server_that_is_starting_has_not_started(
    stranger: httpx.AsyncClient, condition: StaticCondition
) -> None:
    condition.is_started = condition.is_ready = False
    assert (await stranger.get("/health/startup")).status_code == 503
