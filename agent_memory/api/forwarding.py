"""Requests of some areas are answered elsewhere, so that they never keep a stream waiting."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_memory.api.areas import Area, area_of
from agent_memory.api.carried import CarriedRequest
from agent_memory.api.dialect import dialect_of
from agent_memory.api.disconnect import ClientGone, send_unless_gone, unless_gone
from agent_memory.api.errors import error_response, fault_of
from agent_memory.errors import AgentMemoryError


class Room(Protocol):
    """Other processes that answer requests with the same application."""

    def answer(self, request: CarriedRequest) -> AsyncGenerator[Message, None]:
        """The messages of the response. Raises `Unavailable` when no process is there."""
        ...


class Forwarding:
    """Passes a request on to the room of its area; `app` answers all others.

    max_body_bytes: `app` answers longer bodies too, for it knows why they are refused.
    """

    def __init__(self, app: ASGIApp, rooms: Mapping[Area, Room], max_body_bytes: int) -> None:
        self._app = app
        self._rooms = rooms
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        room = self._room(scope)
        if room is None:
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        if not await body.is_whole_within(self._max_body_bytes):
            await self._app(scope, body.from_the_beginning, send)
            return
        request = CarriedRequest.of(scope, body.content)
        try:
            await unless_gone(receive, _pass_on(room, request, send_unless_gone(send)))
        except ClientGone:
            return

    def _room(self, scope: Scope) -> Room | None:
        if scope["type"] != "http" or (area := area_of(scope["path"])) is None:
            return None
        return self._rooms.get(area)


async def _pass_on(room: Room, request: CarriedRequest, send: Send) -> None:
    is_begun = False
    try:
        async with aclosing(room.answer(request)) as messages:
            async for message in messages:
                is_begun = True
                await send(message)
    except ClientGone:
        raise
    except AgentMemoryError as error:
        if is_begun:
            raise  # the server cuts the connection, which tells the client
        scope = dict(request.scope)
        dialect = dialect_of(scope["path"], Headers(scope=scope))
        await error_response(fault_of(error), dialect)(scope, _nothing, send)


class _Body:
    """The body of a request, which is read up to a bound and can be told again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []
        self._num_told = 0

    async def is_whole_within(self, max_bytes: int) -> bool:
        """Read it. False: it is longer, or the client left before its end."""
        num_bytes = 0
        while num_bytes <= max_bytes:
            message = await self._receive()
            self._read.append(message)
            if message["type"] != "http.request":
                return False
            num_bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                return num_bytes <= max_bytes
        return False

    @property
    def content(self) -> bytes:
        return b"".join([message.get("body", b"") for message in self._read])

    async def from_the_beginning(self) -> Message:
        """`receive`, which first repeats what was read."""
        if self._num_told == len(self._read):
            return await self._receive()
        self._num_told += 1
        return self._read[self._num_told - 1]


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
