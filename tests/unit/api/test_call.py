"""Who may call what: every route but health wants a key, and the key its scope."""

import httpx
import pytest
from fastapi import FastAPI

from agent_memory.access.principal import Scope
from agent_memory.api.openapi import openapi_document
from agent_memory.testing.runtime import TEST_KEY, ScriptedTurns, StaticKeys, principal

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def _routes(app: FastAPI) -> list[tuple[str, str]]:
    documented = [
        (method.upper(), path.replace("{id}", "x"))
        for path, methods in openapi_document(app)["paths"].items()
        for method in methods
    ]
    return [*documented, ("GET", "/openapi.json")]


async def test_every_route_but_health_wants_a_key(app: FastAPI, turns: ScriptedTurns) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as stranger:
        guarded = [(m, path) for m, path in _routes(app) if not path.startswith("/health")]
        assert len(guarded) >= 14
        for method, path in guarded:
            response = await stranger.request(method, path, content=b"not json")
            assert response.status_code == 401, path
            assert response.headers["www-authenticate"] == "Bearer"
            assert "No API key was sent" in response.text
    assert turns.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {TEST_KEY}"},
        {"authorization": f"bearer  {TEST_KEY}"},
        {"x-api-key": TEST_KEY},
        {"x-api-key": TEST_KEY, "authorization": "Basic eDp5"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/agents"])
async def test_either_header_opens_every_surface(
    app: FastAPI, headers: dict[str, str], path: str
) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get(path, headers=headers)).status_code == 200


@pytest.mark.parametrize("key", ["am_wrong_key", "x" * 10_000])
async def test_an_unknown_key_is_refused_in_each_protocols_form(
    client: httpx.AsyncClient, key: str
) -> None:
    client.headers["authorization"] = f"Bearer {key}"
    anthropic = await client.post("/v1/messages", json={})
    assert anthropic.status_code == 401
    assert anthropic.json()["error"]["type"] == "authentication_error"
    openai = await client.post("/v1/chat/completions", json={})
    assert openai.json()["error"]["code"] == "invalid_api_key"
    own = await client.get("/v1/agents")
    assert own.headers["content-type"] == "application/problem+json"
    assert own.json()["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.INFERENCE, {"chat", "models", "create"}),
        (Scope.SESSIONS, {"list", "delete"}),
        (Scope.ADMIN, {"chat", "models", "create", "list", "delete"}),
        (Scope.OPERATOR, {"metrics", "load", "offload", "schedule"}),
    ],
)
async def test_a_key_can_do_what_its_scopes_say(
    client: httpx.AsyncClient, keys: StaticKeys, scope: Scope, allowed: set[str]
) -> None:
    keys.principals[TEST_KEY] = principal(scopes=frozenset({scope}))
    responses = {
        "chat": await client.post("/v1/chat/completions", json=CHAT),
        "models": await client.get("/v1/models"),
        "create": await client.post("/v1/agents", json={"session_id": "mine"}),
        "list": await client.get("/v1/agents"),
        "delete": await client.delete("/v1/agents/mine"),
        "metrics": await client.get("/metrics"),
        "load": await client.post("/v1/models/load", json={"model": "other"}),
        "offload": await client.post("/v1/models/other/offload"),
        "schedule": await client.get("/v1/workers/scheduler/status"),
    }
    assert {name for name, r in responses.items() if r.status_code != 403} == allowed
