"""A webhook: which changes are sent where."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.errors import InvalidRequest

MAX_WEBHOOKS = 100
"""Of a workspace."""
_MAX_URL = 2048
_SECRET_BYTES = 32

Address: TypeAlias = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Webhook:
    """secret: signs what is sent (Standard Webhooks, `whsec_…`); shown once.
    disabled_because: the receiver has answered 410, so that nothing is sent any more."""

    webhook_id: str
    url: str
    patterns: Sequence[KeyPattern]
    secret: str = field(repr=False)
    created_at: datetime
    created_by: str
    disabled_at: datetime | None = None
    disabled_because: str | None = None


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def check_url(url: str, *, may_be_private: bool) -> str:
    """`url` as it is; `InvalidRequest` unless it is https to a host without a name and password in
    it. may_be_private: http and private addresses will do."""
    if len(url) > _MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidRequest("url must be a URL of at most 2048 ASCII characters.", "url")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidRequest("url is not a URL.", "url") from None
    schemes = ("https", "http") if may_be_private else ("https",)
    if parts.scheme not in schemes or not host:
        raise InvalidRequest(f"url must begin with {' or '.join(schemes)}:// and a host.", "url")
    if parts.username is not None or parts.password is not None:
        raise InvalidRequest("url must hold no name or password.", "url")
    if not may_be_private and _is_private_literal(host):
        raise InvalidRequest("url is a private address.", "url")
    return url


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the Internet: not of this machine, of a private network,
    or of one that leads into such by translation."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _translated(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


_NAT64 = IPv6Network("64:ff9b::/96")


def _translated(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _is_private_literal(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return False
