"""Lengths of time as people write them: 90s, 15m, 12h, 30d, 4w."""

import re
from datetime import timedelta

from agent_memory.errors import InvalidRequest

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhdw])")


def parse_duration(text: str) -> timedelta:
    """`30d` as a length of time; `InvalidRequest` for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        message = (
            f"'{text}' is not a length of time; write a number and s, m, h, d or w, as in 30d."
        )
        raise InvalidRequest(message, "expires_in")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
