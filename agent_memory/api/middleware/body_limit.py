"""Bodies beyond the limit, and bodies in disguise, are refused before they fill memory."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_memory.errors import InvalidRequest, PayloadTooLarge


class BodyLimit:
    """Counts what is received, whether or not a length was announced.

    Compressed bodies are refused: their size says nothing about what they become.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._check_headers(Headers(scope=scope))
        num_received = 0

        async def receive_counted() -> Message:
            nonlocal num_received
            message = await receive()
            if message["type"] == "http.request":
                num_received += len(message.get("body", b""))
                self._check_size(num_received)
            return message

        await self._app(scope, receive_counted, send)

    def _check_headers(self, headers: Headers) -> None:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            message = f"Bodies in content encoding '{encoding}' are not accepted; send it as it is."
            raise HTTPException(415, message)
        if (length := headers.get("content-length")) is not None:
            if not (length.isascii() and length.isdigit()):
                raise InvalidRequest("Content-Length is not a number.")
            self._check_size(int(length[:20]))

    def _check_size(self, num_bytes: int) -> None:
        if num_bytes > self._max_body_bytes:
            raise PayloadTooLarge(num_bytes, self._max_body_bytes)
