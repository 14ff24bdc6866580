"""When a call to an upstream server is made again, and after how long."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

MAX_PAUSE_S = 30.0
"""Longer than this nobody waits within a call: the caller hears that it should come again."""


class Verdict(Enum):
    """What a failed call means."""

    AGAIN = auto()
    """The server is busy, broken or away."""
    REFUSED = auto()
    """The key, the address or the model is wrong."""
    BAD_INPUT = auto()
    """It does not take what was sent."""


def judge(status: int) -> Verdict:
    """What an HTTP status that is no success means."""
    match status:
        case 408 | 409 | 425 | 429:
            return Verdict.AGAIN
        case 400 | 413 | 414 | 422:
            return Verdict.BAD_INPUT
        case _ if status >= 500:
            return Verdict.AGAIN
        case _:
            return Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double, each shortened at random by up to half so that callers spread out."""

    max_attempts: int = 4
    first_pause_s: float = 0.5

    def pause_s(self, num_failed: int, retry_after_s: float | None, chance: float) -> float | None:
        """Seconds to wait after so many failed attempts; None to give up.

        retry_after_s: what the server asked for. chance: evenly between 0 and 1.
        """
        if num_failed >= self.max_attempts:
            return None
        pause_s = self.first_pause_s * 2 ** (num_failed - 1) * (1 - chance / 2)
        pause_s = max(pause_s, retry_after_s or 0.0)
        return pause_s if pause_s <= MAX_PAUSE_S else None


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds, from either form of `Retry-After` (RFC 9110); None when it says nothing."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
