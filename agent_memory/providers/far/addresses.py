"""Which addresses a provider may be reached at.

A server that asks whatever address it is told to can be made to ask its own network. The address
that was judged is the one that is connected to: nothing is resolved a second time.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from agent_memory.errors import InvalidRequest

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NEVER = tuple(
    ipaddress.ip_network(net)
    for net in ("169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "240.0.0.0/4")
)
"""Where clouds keep their secrets, and where no server is."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_fault(address: str, *, allow_private: bool) -> str | None:
    """Why a provider may not be at `address`; None where it may."""
    try:
        given = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"'{address}' is no address"
    found = _inner(given)
    if any(found in net for net in _NEVER if net.version == found.version):
        return f"{address} is of a kind that no provider has"
    if found.is_global or allow_private:
        return None
    return f"{address} is private: allow that with --allow-private"


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def checked_url(url: str, *, allow_private: bool) -> str:
    """`url` without a slash at its end; `InvalidRequest` says why it cannot be a provider's."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidRequest("The URL of the provider cannot be read.", "url") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise InvalidRequest("The URL of a provider begins with https:// or http://.", "url")
    if parts.username is not None or parts.password is not None:
        raise InvalidRequest("A key does not belong into the URL: use --key-env.", "url")
    if parts.query or parts.fragment:
        raise InvalidRequest("The URL of a provider ends with its path.", "url")
    if parts.scheme == "http" and not allow_private:
        raise InvalidRequest(
            "Over http:// keys and prompts can be read on the way: use https://, or "
            "--allow-private for a server of your own network.",
            "url",
        )
    if (fault := _literal_fault(host, allow_private=allow_private)) is not None:
        raise InvalidRequest(f"{fault}.", "url")
    return url.strip().rstrip("/")


def _literal_fault(host: str, *, allow_private: bool) -> str | None:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return address_fault(host, allow_private=allow_private)


class JudgingResolver(AbstractResolver):
    """Resolves names, and refuses one any of whose addresses may not be a provider's."""

    def __init__(self, *, allow_private: bool) -> None:
        self._inner = ThreadedResolver()
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            fault = address_fault(result["host"], allow_private=self._allow_private)
            if fault is not None:
                raise OSError(None, f"'{host}' may not be asked: {fault}")
        return found

    async def close(self) -> None:
        await self._inner.close()
