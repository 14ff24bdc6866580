"""Every error has a status, and a form in every protocol."""

import inspect

import httpx
import pytest
from fastapi import FastAPI

from agent_memory import errors
from agent_memory.api.errors import fault_of
from agent_memory.errors import (
    AgentMemoryError,
    Draining,
    EngineUnavailable,
    InvariantBroken,
    ModelNotUsable,
    NotFound,
    PromptTooLong,
    QueueFull,
    StorageUnavailable,
    StreamInterrupted,
    TurnCancelled,
)
from agent_memory.testing.runtime import ScriptedTurns

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PromptTooLong(2, 1), 400),
        (NotFound("session", "x"), 404),
        (QueueFull(1, 1), 429),
        (TurnCancelled("x"), 499),
        (StreamInterrupted("x"), 500),
        (InvariantBroken("x"), 500),
        (ModelNotUsable("m", "x"), 503),
        (EngineUnavailable("x"), 503),
        (StorageUnavailable("x"), 503),
        (Draining("x"), 503),
        (ValueError("x"), 500),
    ],
)
def test_errors_have_the_status_of_their_nearest_ancestor(error: Exception, status: int) -> None:
    assert fault_of(error).status == status


def test_codes_are_stable_and_told_apart() -> None:
    classes = [
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, AgentMemoryError)
    ]
    codes = [cls.code for cls in classes]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", [ValueError("secret prompt"), InvariantBroken("secret prompt")])
async def test_our_own_failures_tell_clients_nothing_but_the_request_id(
    client: httpx.AsyncClient, turns: ScriptedTurns, error: Exception
) -> None:
    turns.script = [error]
    for path, body in (
        ("/v1/messages", {**CHAT, "max_tokens": 5}),
        ("/v1/chat/completions", CHAT),
        ("/v1/completions", {"model": "m", "prompt": "x"}),
    ):
        response = await client.post(path, json=body, headers={"X-Request-ID": "abc"})
        assert response.status_code == 500
        assert "secret" not in response.text
        assert "internal error" in response.text
        assert response.headers["x-request-id"] == "abc"


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/other"])
async def test_anthropic_paths_speak_anthropic(client: httpx.AsyncClient, path: str) -> None:
    body = (await client.get(path, headers={"X-Request-ID": "abc"})).json()
    assert body["type"] == "error"
    assert body["request_id"] == "abc"
    assert body["error"]["type"] in {"invalid_request_error", "not_found_error"}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/chat/x"])
async def test_openai_paths_speak_openai(client: httpx.AsyncClient, path: str) -> None:
    body = (await client.get(path)).json()
    assert set(body["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1/agents/a/b/c", "/v1/modelsx", "/docs/x", "/redoc"]
)
async def test_all_else_speaks_problem_details(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["title"], body["code"]) == (404, "Not Found", "not_found")


async def test_a_wrong_method_is_told_which_are_right(client: httpx.AsyncClient) -> None:
    response = await client.put("/v1/agents")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert "GET" in response.headers["allow"] or "POST" in response.headers["allow"]


async def test_an_unforeseen_error_outside_the_routes_is_rendered_too(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    app.state.surface = None
    response = await client.get("/v1/models")
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
