"""Answers to clients of HTTP/1.0."""

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from agent_memory.api.middleware.old_http import OldHttp

ASK = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/messages"]


def body_of(path: str) -> dict[str, object]:
    return {"model": "m", "prompt": "x"} if path == "/v1/completions" else ASK


@pytest.fixture
def spoken(app: FastAPI) -> list[Message]:
    """What the server is to send, of all answers to HTTP/1.0."""
    return []


@pytest.fixture
def old(app: FastAPI, client: httpx.AsyncClient, spoken: list[Message]) -> httpx.AsyncClient:
    async def as_old(scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            spoken.append(message)
            await send(message)

        await app({**scope, "http_version": "1.0"}, receive, noted)

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(as_old), base_url="http://test", headers=client.headers
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_has_a_length_and_comes_whole(
    old: httpx.AsyncClient, spoken: list[Message], path: str, stream: bool
) -> None:
    response = await old.post(path, json={**body_of(path), "stream": stream})
    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(response.content)
    assert [message["type"] for message in spoken] == ["http.response.start", "http.response.body"]
    if stream:
        assert response.text.rstrip().endswith(("[DONE]", '{"type":"message_stop"}'))
        assert response.headers["content-type"].startswith("text/event-stream")


async def test_a_stream_of_today_is_not_held_back(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/messages", json={**ASK, "stream": True})
    assert "content-length" not in response.headers


async def test_what_is_too_long_to_hold_is_refused() -> None:
    async def long(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"1234", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def as_old(scope: Scope, receive: Receive, send: Send) -> None:
        await OldHttp(long, 8)({**scope, "http_version": "1.0"}, receive, send)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(as_old), base_url="http://test"
    ) as client:
        response = await client.get("/")
    assert response.status_code == 505
    assert "use HTTP/1.1" in response.text
