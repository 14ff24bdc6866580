"""HEAD, OPTIONS, slashes, other origins, unknown queries: what any client may send anywhere."""

import codecs

import httpx
import orjson
import pytest
from fastapi import FastAPI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.testing.runtime import (
    TEST_KEY,
    MemorySessions,
    ScriptedTurns,
    StaticCondition,
    StaticKeys,
    scripted_runtime,
)

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
ORIGIN = {"Origin": "https://chat.example"}
PREFLIGHT = {
    **ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.mark.parametrize("path", ["/health/live", "/v1/models", "/"])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_is_refused_where_get_is(client: httpx.AsyncClient) -> None:
    response = await client.head("/v1/chat/completions")
    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/chat/completions", "OPTIONS, POST"),
        ("/v1/agents", "GET, HEAD, OPTIONS, POST"),
        ("/v1/agents/a1", "DELETE, GET, HEAD, OPTIONS"),
        ("/health/live", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_tells_the_methods(
    client: httpx.AsyncClient, path: str, allowed: str
) -> None:
    response = await client.options(path)
    assert (response.status_code, response.headers["allow"]) == (204, allowed)
    assert "access-control-allow-origin" not in response.headers


async def test_options_of_nothing_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.options("/nothing")).status_code == 404


@pytest.mark.parametrize("path", ["/v1/chat/completions/", "/v1/chat/completions//"])
async def test_a_slash_at_the_end_is_ignored(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path, json=CHAT)).status_code == 200


async def test_a_byte_order_mark_is_ignored(client: httpx.AsyncClient) -> None:
    body = codecs.BOM_UTF8 + orjson.dumps(CHAT)
    assert (await client.post("/v1/chat/completions", content=body)).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/agents?limit=3", 200),
        ("/v1/agents?limits=3", 400),
        ("/v1/models?limit=3&beta=true", 200),
        ("/v1/models?sort=up", 400),
        ("/v1/models/org/tiny?x=", 400),
        ("/health/live?probe=1", 200),
    ],
)
async def test_a_query_that_a_route_does_not_have_is_refused(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    response = await client.get(path)
    assert response.status_code == status
    assert ("Unknown query parameter" in response.text) == (status == 400)


async def test_queries_of_a_turn_are_judged_too(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    response = await client.post("/v1/chat/completions?stream=true", json=CHAT)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "stream"
    assert turns.requests == []


def browsed(turns: ScriptedTurns, *origins: str) -> httpx.AsyncClient:
    runtime = scripted_runtime(turns, MemorySessions(), StaticKeys({}), StaticCondition())
    app: FastAPI = create_app(runtime, Limits(), cors_origins=origins)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_pages_of_an_origin_that_is_named_may_call(turns: ScriptedTurns) -> None:
    async with browsed(turns, ORIGIN["Origin"]) as client:
        asked = await client.options("/v1/chat/completions", headers=PREFLIGHT)
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == ORIGIN["Origin"]
        assert "authorization" in asked.headers["access-control-allow-headers"]
        refused = await client.post("/v1/chat/completions", json=CHAT, headers=ORIGIN)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == ORIGIN["Origin"]
        other = await client.get("/health/live", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


async def test_no_page_may_call_unless_it_is_named(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/v1/chat/completions", json=CHAT, headers={**ORIGIN, "x-api-key": TEST_KEY}
    )
    assert response.status_code == 200
    assert not [name for name in response.headers if name.startswith("access-control")]
