"""The outermost layer: request ids, header rules, the access log, metrics, unforeseen errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_memory.api.access_line import WEBSOCKET, AccessLine
from agent_memory.api.dialect import dialect_of
from agent_memory.api.errors import error_response, fault_of
from agent_memory.api.metrics import Metrics
from agent_memory.api.middleware.headers import RawHeaders, request_id_of, without_hop_headers
from agent_memory.errors import HeadersTooLarge
from agent_memory.telemetry import request_id_var

_REQUEST_ID_NAMES = ("X-Request-ID", "request-id")
"""Anthropic's clients read the second one."""


class Edge:
    """Wraps the whole application: requests, and WebSockets from their handshake to their end."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        max_header_bytes: int,
        monotonic: Callable[[], float],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._max_header_bytes = max_header_bytes
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = without_hop_headers(scope["headers"])
        line = AccessLine(scope.get("method", WEBSOCKET))
        inner = {
            **scope,
            "headers": headers,
            "state": {**scope.get("state", {}), "access_line": line},
        }
        with _in_logs(request_id_of(headers)), self._counted(inner, line) as started_at:
            await self._serve(inner, receive, self._marking(send, line, started_at))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        line: AccessLine = scope["state"]["access_line"]
        try:
            self._check_size(scope["headers"])
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return
        except Exception as error:
            if line.status != 499:
                raise
            fault = fault_of(error)
            line.error_code = fault.code
            dialect = dialect_of(scope["path"], Headers(scope=scope))
            await error_response(fault, dialect)(scope, receive, send)

    def _check_size(self, headers: RawHeaders) -> None:
        num_bytes = sum(len(name) + len(value) + 4 for name, value in headers)
        if num_bytes > self._max_header_bytes:
            raise HeadersTooLarge(num_bytes, self._max_header_bytes)

    @contextmanager
    def _counted(self, scope: Scope, line: AccessLine) -> Iterator[float]:
        """Counts and logs the request when it is over, however it ended."""
        started_at = self._monotonic()
        self._metrics.in_flight.inc()
        try:
            yield started_at
        finally:
            self._metrics.in_flight.dec()
            line.duration_s = self._monotonic() - started_at
            line.route = getattr(scope.get("route"), "path", line.route)
            self._metrics.count_request(line.route, line.method, line.status, line.duration_s)
            line.write()

    def _marking(self, send: Send, line: AccessLine, started_at: float) -> Send:
        """`send` that notes the status and puts our headers on the response."""

        async def send_marked(message: Message) -> None:
            if (status := _status_of(message, line)) is not None:
                line.status = status
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name in _REQUEST_ID_NAMES:
                    headers[name] = request_id_var.get() or ""
                headers["X-Response-Time"] = f"{(self._monotonic() - started_at) * 1000:.1f}ms"
            await send(message)

        return send_marked


def _status_of(message: Message, line: AccessLine) -> int | None:
    """The status that a message answers a request or a handshake with, if it does."""
    match message["type"]:
        case "http.response.start" | "websocket.http.response.start":
            return int(message["status"])
        case "websocket.accept":
            return 101
        case "websocket.close" if line.status == 499:
            return 403  # The server turns a refused handshake into this.
        case _:
            return None


@contextmanager
def _in_logs(request_id: str) -> Iterator[None]:
    token = request_id_var.set(request_id)
    try:
        yield
    finally:
        request_id_var.reset(token)
