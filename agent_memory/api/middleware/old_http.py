"""HTTP/1.0 clients know no chunks: their answers are whole, with a length."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOO_LONG = b"This answer is too long for HTTP/1.0; use HTTP/1.1.\n"


class OldHttp:
    """Holds back an answer without a length, streams too, until all of it is there.

    max_bytes: longer ones are answered with 505 instead.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("http_version") in {"0.9", "1.0"}:
            send = _Whole(send, self._max_bytes).send
        await self._app(scope, receive, send)


class _Whole:
    """The messages of one answer."""

    def __init__(self, send: Send, max_bytes: int) -> None:
        self._send = send
        self._max_bytes = max_bytes
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not _has_length(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._hold(message.get("body", b""))
            if not message.get("more_body", False):
                await self._send_whole(self._start)

    def _hold(self, piece: bytes) -> None:
        if len(self._body) <= self._max_bytes:
            self._body += piece

    async def _send_whole(self, start: Message) -> None:
        body = bytes(self._body)
        headers = list(start.get("headers", ()))
        if len(body) > self._max_bytes:
            body, headers = _TOO_LONG, [(b"content-type", b"text/plain")]
            start = {**start, "status": 505}
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _has_length(start: Message) -> bool:
    return any(name.lower() == b"content-length" for name, _ in start.get("headers", ()))
