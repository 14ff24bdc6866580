"""A layer that goes before Ray Serve's own middleware."""

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_memory.api.middleware.headers import request_id_of, without_hop_headers


class Front:
    """Drops the headers that would steer Serve, and settles the request's id.

    Serve repeats whatever id it was sent, well-formed or not, beside the one that the application
    puts on its response: here the request gets a good one first, and the response keeps one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = without_hop_headers(scope["headers"])
        request_id = request_id_of(headers)
        kept = [(name, value) for name, value in headers if name != b"x-request-id"]
        kept.append((b"x-request-id", request_id.encode()))

        async def send_once(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        await self._app({**scope, "headers": kept}, receive, send_once)


def serve_middlewares() -> list[Middleware]:
    """For `RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH`: Serve puts these around its own."""
    return [Middleware(Front)]
