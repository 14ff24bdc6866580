"""Which models a key may use, and from which addresses."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from agent_memory.errors import AddressNotAllowed, InvalidRequest, ModelNotAllowed

_PATTERN = re.compile(r"[!-~]{1,200}")
_MOST = 100


@dataclass(frozen=True, slots=True)
class KeyBounds:
    """models: patterns such as `anthropic/*`; addresses: networks such as `10.0.0.0/8`. None is
    all of them."""

    models: tuple[str, ...] | None = None
    addresses: tuple[str, ...] | None = None

    def require_model(self, asked: str, *answering: str) -> None:
        """`ModelNotAllowed` unless the name that the client asked for is allowed, or each of those
        that may answer is: an alias must not lead to a model beside the bounds."""
        if not self.may_use(asked, *answering):
            raise ModelNotAllowed(asked)

    def may_use(self, asked: str, *answering: str) -> bool:
        """Whether a request for that name, which those would answer, is within the bounds."""
        if self.models is None or self._allows(asked):
            return True
        return bool(answering) and all(map(self._allows, answering))

    def _allows(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.models or ())

    def require_address(self, address: str | None) -> None:
        """`AddressNotAllowed` unless the client's address lies in one of the networks."""
        if self.addresses is None:
            return
        if address is None or not _is_in(address, self.addresses):
            raise AddressNotAllowed(address or "unknown")


def check_models(patterns: Iterable[str] | None) -> tuple[str, ...] | None:
    """The patterns; `InvalidRequest` for one that no model can match, or too many."""
    if patterns is None:
        return None
    kept = tuple(dict.fromkeys(patterns))
    if len(kept) > _MOST or not all(_PATTERN.fullmatch(pattern) for pattern in kept):
        message = f"Models are up to {_MOST} names or patterns such as 'anthropic/*'."
        raise InvalidRequest(message, "models")
    return kept


def check_addresses(networks: Iterable[str] | None) -> tuple[str, ...] | None:
    """The networks in their usual form; `InvalidRequest` for what is none, or too many."""
    if networks is None:
        return None
    try:
        kept = tuple(str(ipaddress.ip_network(network, strict=False)) for network in networks)
    except ValueError as error:
        message = f"Addresses are IP addresses or networks such as 10.0.0.0/8: {error}."
        raise InvalidRequest(message, "addresses") from None
    if len(kept) > _MOST:
        raise InvalidRequest(f"A key has up to {_MOST} addresses.", "addresses")
    return tuple(dict.fromkeys(kept))


def _is_in(address: str, networks: Iterable[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)
