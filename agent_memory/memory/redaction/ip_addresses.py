"""Addresses of machines, IPv4 and IPv6."""

import ipaddress
import re

from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.rule import Rule, pattern_rule

_V4 = r"(?<![\w.-])(?<!version )\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)"
_V6 = (
    r"(?<![\w:.])(?=[0-9A-Fa-f:.]{0,40}?\d)[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,37}"
    r"(?:\.\d{1,3}){0,3}(?![\w:])"
)


def _is_any(word: str) -> bool:
    return _parse(word) is not None


def _is_public(word: str) -> bool:
    address = _parse(word)
    return address is not None and address.is_global


def _parse(word: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if ":" in word and len(re.findall("[0-9A-Fa-f]{1,4}", word)) < 2 and word != "::1":
        return None
    try:
        return ipaddress.ip_address(word)
    except ValueError:
        return None


def ip_addresses(keeps_private: bool) -> tuple[Rule, ...]:
    """keeps_private: those of private networks, loopback and documentation stay."""
    accepts = _is_public if keeps_private else _is_any
    return (
        pattern_rule(RedactionKind.IP_ADDRESS, _V4, ".", accepts=accepts),
        pattern_rule(RedactionKind.IP_ADDRESS, _V6, ":", accepts=accepts),
    )
