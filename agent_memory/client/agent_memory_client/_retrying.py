"""When a call is tried again, and how long it waits before."""

import random
from collections.abc import Mapping

AGAIN = frozenset({429, 502, 503, 504})
LONGEST_S = 8.0
_FIRST_S = 0.25


def pause_s(attempt: int, headers: Mapping[str, str]) -> float:
    """Before the attempt after `attempt` (from 0): what the server asks for, else twice as long
    each time, with some chance so that many clients do not come at once."""
    try:
        return min(LONGEST_S, float(headers["retry-after"]))
    except (KeyError, ValueError):
        doubled: float = _FIRST_S * 2**attempt
        return min(LONGEST_S, doubled) * random.uniform(0.5, 1)  # noqa: S311
