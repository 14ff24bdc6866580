"""A request on its way to another process that answers it with the same application."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Scope

_CARRIED = (
    "type",
    "asgi",
    "http_version",
    "method",
    "scheme",
    "path",
    "raw_path",
    "query_string",
    "root_path",
    "headers",
    "client",
    "server",
)


@dataclass(frozen=True, slots=True)
class CarriedRequest:
    """The values of an ASGI scope that mean the same elsewhere, and the whole body."""

    scope: Mapping[str, Any]
    body: bytes

    @classmethod
    def of(cls, scope: Scope, body: bytes) -> "CarriedRequest":
        return cls({name: scope[name] for name in _CARRIED if name in scope}, body)


async def answered(app: ASGIApp, request: CarriedRequest) -> AsyncGenerator[Message, None]:
    """What `app` says, as it says it. Closing the generator is the client's going away."""
    said: asyncio.Queue[Message | None] = asyncio.Queue()
    task = asyncio.create_task(_answer(app, request, said))
    try:
        while (message := await said.get()) is not None:
            yield message
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _answer(
    app: ASGIApp, request: CarriedRequest, said: asyncio.Queue[Message | None]
) -> None:
    body: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        if body:
            return body.pop()
        await asyncio.Event().wait()  # until the task is cancelled
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.put_nowait(message)

    try:
        await app({**request.scope, "state": {}}, receive, send)
    finally:
        said.put_nowait(None)
