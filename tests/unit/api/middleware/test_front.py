"""Before Serve: steering headers are dropped, and a request has one well-formed id."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_memory.api.middleware.front import Front, serve_middlewares


class AsServeDoes:
    """Notes the headers that come in, and adds the request's id to the response once more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seen: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen = {name.decode(): value.decode() for name, value in scope["headers"]}

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("X-Request-ID", self.seen["x-request-id"])
            await send(message)

        await self._app(scope, receive, send_marked)


@pytest.fixture
def serve(app: FastAPI) -> AsServeDoes:
    return AsServeDoes(app)


@pytest.fixture
async def client(serve: AsServeDoes) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Front(serve))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(("sent", "is_kept"), [("abc-1", True), ("a b", False), (None, False)])
async def test_a_response_bears_one_good_id(
    client: httpx.AsyncClient, serve: AsServeDoes, sent: str | None, is_kept: bool
) -> None:
    headers = {"X-Request-ID": sent} if sent is not None else {}
    response = await client.get("/health/live", headers=headers)
    [told] = response.headers.get_list("x-request-id")
    assert (told == sent) is is_kept
    assert serve.seen["x-request-id"] == told


async def test_headers_that_steer_serve_never_reach_it(
    client: httpx.AsyncClient, serve: AsServeDoes
) -> None:
    steering = {
        "X-Request-Timeout-Seconds": "0.001",
        "X-Request-Disconnect-Disabled": "?1",
        "Serve_Multiplexed_Model_Id": "m",
        "X-Forwarded-For": "9.9.9.9",
    }
    await client.get("/health/live", headers={**steering, "X-Session-ID": "mine"})
    assert not {name.lower() for name in steering} & set(serve.seen)
    assert serve.seen["x-session-id"] == "mine"


def test_serve_is_told_of_it() -> None:
    assert [repr(middleware) for middleware in serve_middlewares()] == ["Middleware(Front)"]
