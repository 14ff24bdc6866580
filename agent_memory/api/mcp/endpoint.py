"""`/mcp`: one POST, one exchange, in either era of the protocol.

Nothing is kept between two requests: a server of the SDK is made for each, so that any replica can
answer any of them. Clients before 2026-07-28 get their handshake and no session id.
"""

import asyncio
from contextlib import suppress

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from agent_memory.access.principal import Scope as KeyScope
from agent_memory.api.call import Call
from agent_memory.api.mcp.key_watch import KeyWatch
from agent_memory.api.mcp.resources.listening import Listening
from agent_memory.api.mcp.server import server_for

__all__ = ["Endpoint"]


class Endpoint:
    """What the requests of one process share: who listens for changes."""

    def __init__(self) -> None:
        self._listening = Listening()

    def response(self, call: Call) -> Response:
        """The exchange that `call` opens."""
        manager = StreamableHTTPSessionManager(
            server_for(call, self._listening),
            stateless=True,
            max_request_body_size=call.surface.limits.max_body_bytes,
        )
        return _Exchange(manager, KeyWatch(lambda: _ask_again(call.request)))


async def _ask_again(request: Request) -> None:
    await Call.open(request, KeyScope.MEMORY)


class _Exchange(Response):
    """Served by the SDK until it is over or the key is revoked."""

    def __init__(self, manager: StreamableHTTPSessionManager, watch: KeyWatch) -> None:
        super().__init__()
        self._manager = manager
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = _Sending(send)
        serving = asyncio.create_task(self._serve(scope, receive, sending))
        watching = asyncio.create_task(self._watch.until_refused())
        try:
            await asyncio.wait((serving, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_refused = watching.done() and not serving.done()
            for task in (serving, watching):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if is_refused:
            await sending.end()

    async def _serve(self, scope: Scope, receive: Receive, sending: "_Sending") -> None:
        async with self._manager.run():
            await self._manager.handle_request(scope, receive, sending)


class _Sending:
    """`send` that knows how far the response has got."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_begun = False
        self._is_over = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_begun = True
        elif message["type"] == "http.response.body":
            self._is_over = not message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        """End a response that was cut off; one that had not begun says why."""
        if not self._is_begun:
            await self._send({"type": "http.response.start", "status": 401, "headers": []})
        if not self._is_over:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
