"""The feed as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agent_memory.access.principal import Principal
from agent_memory.api.disconnect import ClientGone, send_unless_gone, unless_gone
from agent_memory.api.feed.connections import Connection, Connections
from agent_memory.api.feed.words import RESET, change_event, sse, state_json
from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.feed import Feed
from agent_memory.contexts.feed.listener import Listener
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.json_value import Json

_PING = b": ping\n\n"


class FeedStream(Response):
    """Changes as they happen, until the client leaves, its key ends, or it reads too slowly. The
    id of an event is its number: a client that comes back sends the last one."""

    def __init__(
        self,
        feed: Feed,
        connections: Connections,
        principal: Principal,
        patterns: Sequence[KeyPattern],
        since: int | None,
        ping_interval_s: float,
    ) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(media_type="text/event-stream", headers=headers)
        del self.headers["content-length"]
        self._feed = feed
        self._patterns = patterns
        self._since = since
        self._ping_interval_s = ping_interval_s
        self._principal = principal
        self._admission = ExitStack()
        self._connection = self._admission.enter_context(connections.admitted(principal))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI
        with self._admission:
            try:
                await unless_gone(receive, self._send_all(send_unless_gone(send)))
            except ClientGone:
                return

    async def _send_all(self, send: Send) -> None:
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        async for piece in self._pieces(self._connection):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _pieces(self, connection: Connection) -> AsyncIterator[bytes]:
        async with self._feed.listening(self._principal.workspace_id) as listener:
            watching = asyncio.create_task(_end_when_revoked(connection, listener))
            try:
                async for piece in self._pieces_for(listener):
                    yield piece
            finally:
                watching.cancel()

    async def _pieces_for(self, listener: Listener) -> AsyncIterator[bytes]:
        yield _PING
        async for told in self._feed.subscribe(listener, self._patterns, self._since):
            if isinstance(told, Change):
                yield change_event(told)
                continue
            keys: list[Json] = [pattern.text for pattern in self._patterns]
            for part in state_json(told, keys):
                yield sse(RESET, part, None if part["more"] else told.seq)
        while not listener.is_late.is_set():
            if not await listener.wait(self._ping_interval_s):
                yield _PING
            for change in listener.take():
                yield change_event(change)


async def _end_when_revoked(connection: Connection, listener: Listener) -> None:
    await connection.is_revoked.wait()
    listener.lose_place()
