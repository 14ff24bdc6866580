"""How a turn stands among others, in the words of the protocols."""

from collections.abc import Mapping

_PRIORITIES: Mapping[str, int] = {"flex": -1, "priority": 1}


def priority_of(service_tier: str | None) -> int:
    """See `TurnRequest.priority`. Tiers that are known elsewhere and mean nothing here are the
    default one."""
    return _PRIORITIES.get(service_tier or "", 0)
