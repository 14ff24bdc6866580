"""Every path's answers beside its own methods: HEAD, OPTIONS, and a slash at its end."""

from starlette.datastructures import MutableHeaders
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ASKED = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Methods:
    """HEAD is GET without the body, OPTIONS tells the methods, and `/path/` is `/path`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (path := scope["path"]) != "/" and path.endswith("/"):
            scope["path"] = path.rstrip("/") or "/"
        match scope["method"]:
            case "HEAD":
                scope["method"] = "GET"
                await self._app(scope, receive, _without_body(send))
            case "OPTIONS" if methods := _methods_of(scope):
                await _tell_methods(methods, send)
            case _:
                await self._app(scope, receive, send)


def _methods_of(scope: Scope) -> set[str]:
    """The methods of all routes of the path."""
    found = {
        method
        for method in _ASKED
        for route in scope["app"].routes
        if route.matches({**scope, "method": method})[0] is Match.FULL
    }
    if "GET" in found:
        found.add("HEAD")
    return found


async def _tell_methods(methods: set[str], send: Send) -> None:
    message: Message = {"type": "http.response.start", "status": 204, "headers": []}
    MutableHeaders(scope=message)["Allow"] = ", ".join(sorted({*methods, "OPTIONS"}))
    await send(message)
    await send({"type": "http.response.body", "body": b""})


def _without_body(send: Send) -> Send:
    """`send` that passes on the headers, and one empty body."""

    async def send_head(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
        elif not message.get("more_body", False):
            await send({"type": "http.response.body", "body": b""})

    return send_head
