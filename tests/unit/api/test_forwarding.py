"""Requests that another process answers, as its client sees them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from agent_memory.api.areas import Area
from agent_memory.api.carried import CarriedRequest, answered
from agent_memory.api.forwarding import Forwarding, Room
from agent_memory.errors import Unavailable
from agent_memory.testing.runtime import TEST_KEY

HEADERS = {"Authorization": f"Bearer {TEST_KEY}"}
MAX_BODY_BYTES = 1000
INGESTED = {"thread_id": "t", "materials": {"chat": [{"role": "user", "content": "Port 8411."}]}}


class NearRoom:
    """A room in this process, which notes what it is asked."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.paths: list[str] = []

    async def answer(self, request: CarriedRequest) -> AsyncGenerator[Message, None]:
        self.paths.append(request.scope["path"])
        async for message in answered(self._app, request):
            yield message


class EmptyRoom:
    """No replica is there."""

    async def answer(self, request: CarriedRequest) -> AsyncGenerator[Message, None]:
        raise Unavailable("No replica answers.")
        yield {"of": request}


class Door:
    """The application at the door, which must not be asked for what is passed on."""

    def __init__(self) -> None:
        self.num_asked = 0
        self.body = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI
        self.num_asked += 1
        message = await receive()
        self.body += message["body"]
        while message.get("more_body", False):
            message = await receive()
            self.body += message["body"]
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def door() -> Door:
    return Door()


def _client(door: Door, rooms: Mapping[Area, Room]) -> httpx.AsyncClient:
    app = Forwarding(door, rooms, MAX_BODY_BYTES)
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=HEADERS)


async def test_a_room_answers_with_the_whole_application(app: FastAPI, door: Door) -> None:
    room = NearRoom(app)
    async with _client(door, {Area.MEMORY: room}) as client:
        response = await client.post("/v1/ingest", json=INGESTED)
        refused = await client.post("/v1/ingest", json={}, headers={"Authorization": "Bearer no"})
    assert response.status_code == 200
    assert response.json()["added"]
    assert response.headers["x-request-id"]
    assert refused.status_code == 401
    assert room.paths == ["/v1/ingest", "/v1/ingest"]
    assert door.num_asked == 0


async def test_inference_and_areas_without_a_room_stay_at_the_door(
    app: FastAPI, door: Door
) -> None:
    async with _client(door, {Area.MEMORY: NearRoom(app)}) as client:
        turn = await client.post("/v1/messages", json={"a": 1})
        metrics = await client.get("/metrics")
    assert [turn.status_code, metrics.status_code] == [418, 418]
    assert door.body == b'{"a":1}'


async def test_a_body_that_is_too_long_is_refused_at_the_door(app: FastAPI, door: Door) -> None:
    room = NearRoom(app)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 400

    async with _client(door, {Area.MEMORY: room}) as client:
        response = await client.post("/v1/ingest", content=pieces())
    assert response.status_code == 418
    assert door.body == b"x" * 1200
    assert room.paths == []


async def test_a_room_without_replicas_is_an_error_of_the_protocol(door: Door) -> None:
    async with _client(door, {Area.MEMORY: EmptyRoom()}) as client:
        response = await client.post("/v1/recall", json={})
    assert response.status_code == 503
    assert "No replica answers." in response.text


async def test_a_client_that_leaves_ends_the_work_in_the_room(door: Door) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    class SlowRoom:
        async def answer(self, request: CarriedRequest) -> AsyncGenerator[Message, None]:
            async for message in answered(slow, request):
                yield message

    async def receive() -> Message:
        if not begun.is_set() and not said:
            said.append(True)
            return {"type": "http.request", "body": b"", "more_body": False}
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    said: list[bool] = []
    forwarding = Forwarding(door, {Area.MEMORY: SlowRoom()}, MAX_BODY_BYTES)
    scope = {"type": "http", "path": "/v1/recall", "method": "POST", "headers": []}
    await asyncio.wait_for(forwarding(scope, receive, send), 5)
    assert ended.is_set()
