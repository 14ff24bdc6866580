"""Bodies beyond the limit, and bodies in disguise, are refused before they fill memory."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_memory.errors import InvalidRequest, PayloadTooLarge


class BodyLimit:
    """Counts what is received, whether or not a length was announced.

    Compressed bodies are refused: their size says nothing about what they become.
    """

    def __init__(
        self, app: ASGIApp, max_body_bytes: int, exceptions: Mapping[str, int] | None = None
    ) -> None:
        """exceptions: limits in bytes of single paths."""
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._exceptions = exceptions or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._exceptions.get(scope["path"], self._max_body_bytes)
        _check_headers(Headers(scope=scope), limit)
        num_received = 0

        async def receive_counted() -> Message:
            nonlocal num_received
            message = await receive()
            if message["type"] == "http.request":
                num_received += len(message.get("body", b""))
                _check_size(num_received, limit)
            return message

        await self._app(scope, receive_counted, send)


def _check_headers(headers: Headers, limit: int) -> None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        message = f"Bodies in content encoding '{encoding}' are not accepted; send it as it is."
        raise HTTPException(415, message)
    if (length := headers.get("content-length")) is not None:
        if not (length.isascii() and length.isdigit()):
            raise InvalidRequest("Content-Length is not a number.")
        _check_size(int(length[:20]), limit)


def _check_size(num_bytes: int, limit: int) -> None:
    if num_bytes > limit:
        raise PayloadTooLarge(num_bytes, limit)
