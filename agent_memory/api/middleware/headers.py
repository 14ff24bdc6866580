"""Which headers of a request are believed."""

import re
from collections.abc import Iterable

from agent_memory.ids import new_id

RawHeaders = list[tuple[bytes, bytes]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_HOP_HEADERS = frozenset(
    {
        b"x-request-timeout-seconds",
        b"x-request-disconnect-disabled",
        b"serve_multiplexed_model_id",
        b"forwarded",
        b"x-real-ip",
    }
)


def without_hop_headers(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """`headers` without those that Ray Serve or a proxy would obey: clients have no say in them."""
    return [
        (name, value)
        for name, value in headers
        if name not in _HOP_HEADERS and not name.startswith(b"x-forwarded-")
    ]


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The client's id of the request where it is well-formed, else a fresh one."""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode()
    return new_id("req")
