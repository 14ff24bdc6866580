"""`/mcp` as HTTP: who may call it, in which era, and how long a stream runs."""

import asyncio
from typing import Any

import httpx
import httpx2
import orjson
import pytest
from fastapi import FastAPI
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from agent_memory.access.principal import Scope
from agent_memory.api.mcp.key_watch import KeyWatch
from agent_memory.errors import StorageUnavailable, Unauthenticated
from agent_memory.testing.runtime import TEST_KEY, StaticKeys, principal
from tests.unit.api.mcp.rpc import headers, message

UNAUTHORIZED, FORBIDDEN, NOT_ALLOWED = 401, 403, 405


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
async def test_both_eras_list_and_call(app: FastAPI, mode: str, version: str) -> None:
    http = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), headers={"Authorization": f"Bearer {TEST_KEY}"}
    )
    async with (
        http,
        Client(streamable_http_client("http://test/mcp", http_client=http), mode=mode) as client,
    ):
        assert client.protocol_version == version
        assert len((await client.list_tools()).tools) == 8
        await client.call_tool("remember", {"text": "We decided to use Redis."})
        recalled = await client.call_tool("recall", {"purpose": "Redis"})
        assert "Redis" in recalled.structured_content["memory"]


async def test_without_a_key_nothing_is_answered(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post("/mcp", json=message("tools/list"))
    assert answer.status_code == UNAUTHORIZED
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_needs_the_scope_of_memory(client: httpx.AsyncClient, keys: StaticKeys) -> None:
    keys.principals[TEST_KEY] = principal(scopes=frozenset({Scope.INFERENCE}))
    answer = await client.post("/mcp", json=message("tools/list"))
    assert answer.status_code == FORBIDDEN


@pytest.mark.parametrize(
    ("origin", "is_served"),
    [("http://test", True), ("http://evil.example", False), ("null", False)],
)
async def test_a_page_of_another_site_is_refused(
    client: httpx.AsyncClient, origin: str, is_served: bool
) -> None:
    answer = await client.post(
        "/mcp",
        json=message("tools/list"),
        headers={**headers("tools/list"), "Origin": origin},
    )
    assert answer.is_success is is_served
    assert is_served or answer.status_code == FORBIDDEN


async def test_there_is_no_stream_to_get(client: httpx.AsyncClient) -> None:
    assert (await client.get("/mcp")).status_code == NOT_ALLOWED


async def test_a_running_listen_ends_when_its_key_is_revoked(
    app: FastAPI, keys: StaticKeys
) -> None:
    stream = _Stream()
    listening = asyncio.create_task(app(_listen_scope(), stream.receive, stream.send))
    async with asyncio.timeout(20):
        acknowledged = await stream.body.get()
        assert b"notifications/subscriptions/acknowledged" in acknowledged
        del keys.principals[TEST_KEY]
    async with asyncio.timeout(5):
        await listening
    assert stream.is_over


async def test_a_key_is_asked_for_until_it_is_refused() -> None:
    answers: list[Exception | None] = [
        None,
        StorageUnavailable("away"),
        None,
        Unauthenticated("revoked"),
    ]

    async def ask() -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    async with asyncio.timeout(1):
        await KeyWatch(ask, every_s=0.001).until_refused()
    assert answers == []


class _Stream:
    """One exchange whose client stays: what is sent can be read while it goes on."""

    def __init__(self) -> None:
        params = {"notifications": {"toolsListChanged": True}}
        self._request = orjson.dumps(message("subscriptions/listen", params))
        self._is_sent = False
        self.body: asyncio.Queue[bytes] = asyncio.Queue()
        self.is_over = False

    async def receive(self) -> dict[str, Any]:
        if not self._is_sent:
            self._is_sent = True
            return {"type": "http.request", "body": self._request, "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, sent: Any) -> None:
        if sent["type"] == "http.response.body":
            self.is_over = not sent.get("more_body", False)
            if sent["body"]:
                self.body.put_nowait(sent["body"])


def _listen_scope() -> dict[str, Any]:
    sent = {
        **headers("subscriptions/listen"),
        "Authorization": f"Bearer {TEST_KEY}",
        "Content-Type": "application/json",
        "Host": "test",
    }
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
    }
