"""The address on the network that a request came from."""

import ipaddress
from functools import lru_cache

from starlette.requests import HTTPConnection

_HEADER = "x-agent-memory-client"
"""Set by the door before the server, whatever the client sent. Only from there it is believed."""
_NUM_KEPT = 4096


def client_address(request: HTTPConnection) -> str | None:
    """The client's IP address in its usual form; None where the connection has none."""
    if request.client is None:
        return None
    return _believed(request.client.host, request.headers.get(_HEADER))


@lru_cache(_NUM_KEPT)
def _believed(host: str, told: str | None) -> str | None:
    peer = _address(host)
    if told is not None and peer is not None and ipaddress.ip_address(peer).is_loopback:
        return _address(told) or peer
    return peer


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
