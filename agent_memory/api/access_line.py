"""The one log line of a request, filled in on its way."""

import logging
from dataclasses import dataclass, fields

from starlette.requests import HTTPConnection

log = logging.getLogger("agent_memory.api.access")

WEBSOCKET = "WEBSOCKET"
"""Stands for the method of a WebSocket, which has none: its status is 101 once it is accepted."""


@dataclass(slots=True)
class AccessLine:
    """Facts of one request; never its content. `route` is the template, not the path."""

    method: str
    route: str = "unmatched"
    status: int = 499
    """499 (client gone) until a response begins."""
    duration_s: float = 0.0
    key_id: str | None = None
    workspace_id: str | None = None
    session_id: str | None = None
    stream: bool = False
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    error_code: str | None = None

    def write(self) -> None:
        """Log the line, without what is not known."""
        known = {name: value for name in _NAMES if (value := getattr(self, name)) is not None}
        known["duration_s"] = round(self.duration_s, 4)
        log.info("request", extra=known)


_NAMES = tuple(field.name for field in fields(AccessLine))


def access_line(request: HTTPConnection) -> AccessLine:
    """The line of `request` (put there by the edge)."""
    line = request.state.access_line
    if not isinstance(line, AccessLine):
        raise TypeError("the edge middleware is missing")
    return line
