"""Whether a WebSocket may be opened, judged before it is accepted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from agent_memory.errors import InvalidRequest, PermissionDenied

PROTOCOL = "agent-memory"
"""The subprotocol that we speak: a page that sends its key beside it needs one to be chosen."""
_KEY, _TICKET = "key.", "ticket."


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client sends of itself. key: from `Sec-WebSocket-Protocol`, for there are no other
    headers in a browser. protocol: to be named in the answer, never one that bears a secret."""

    key: str | None
    ticket: str | None
    protocol: str | None

    @classmethod
    def of(cls, connection: HTTPConnection) -> "Handshake":
        """`InvalidRequest` for a key in the URL, where logs and histories would keep it."""
        if any(value.startswith("am_") for _, value in connection.query_params.multi_items()):
            raise InvalidRequest("A key must not be sent in the URL.", "key")
        offered: Sequence[str] = connection.scope.get("subprotocols", ())
        return cls(
            key=_after(_KEY, offered),
            ticket=_after(_TICKET, offered) or connection.query_params.get("ticket"),
            protocol=PROTOCOL if PROTOCOL in offered else None,
        )


class OriginRefused(PermissionDenied):
    """A page of another site must not read with the visitor's tickets."""

    code = "origin_refused"

    def __str__(self) -> str:
        return f"Pages of '{self.scope}' may not connect; AGENT_MEMORY_CORS_ORIGINS names those."


def check_origin(headers: Headers, allowed: Collection[str]) -> None:
    """`OriginRefused` for a page that is neither our own nor of an origin that is allowed.
    Programs other than browsers send no origin."""
    origin = headers.get("origin")
    if origin is None or "*" in allowed or origin in allowed:
        return
    if urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise OriginRefused(origin)


def _after(prefix: str, offered: Sequence[str]) -> str | None:
    return next((name.removeprefix(prefix) for name in offered if name.startswith(prefix)), None)
