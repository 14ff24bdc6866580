"""What a failure of a provider means for the next attempt."""

from dataclasses import dataclass
from enum import StrEnum

PATIENCE_S = 30.0
"""The longest pause that a provider may ask for; after a longer one the next is asked at once."""


class FailureKind(StrEnum):
    BROKEN = "broken"
    """It is out of order, or the way to it is: try again soon."""
    BUSY = "busy"
    """It has had too many requests: try another key, and pause."""
    KEY = "key"
    """It does not take this key, or the key has no money left: another one may do."""
    REQUEST = "request"
    """It does not take what was asked: nobody would."""


@dataclass(frozen=True, slots=True)
class Failure:
    """status: as the provider sent it, 0 where it sent none. message: for people.

    retry_after_s: how long it wants to be left alone. body, content_type: as they came.
    """

    kind: FailureKind
    status: int
    message: str
    retry_after_s: float | None = None
    body: bytes = b""
    content_type: str = "application/json"


def kind_of(status: int) -> FailureKind:
    """What an HTTP status that is no success means."""
    match status:
        case 429 | 529:
            return FailureKind.BUSY
        case 401 | 402 | 403:
            return FailureKind.KEY
        case 408 | 409 | 425:
            return FailureKind.BROKEN
        case _ if 300 <= status < 400 or status >= 500:
            return FailureKind.BROKEN
        case _:
            return FailureKind.REQUEST


_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "insufficient_quota": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def status_of_error(kind: object, code: object) -> int:
    """The status that an error within a stream would have had before it; 500 where nobody knows."""
    for word in (code, kind):
        if isinstance(word, int) and not isinstance(word, bool) and 400 <= word < 600:
            return word
        if isinstance(word, str) and word in _STATUS_OF_TYPE:
            return _STATUS_OF_TYPE[word]
    return 500
