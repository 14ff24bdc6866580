"""One thing that the doctor looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    OK = "ok"
    WARN = "warn"
    """The server works, though slower or with less room."""
    FAIL = "fail"
    """The server does not start."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` says what to do about a `WARN` or `FAIL`."""

    name: str
    outcome: Outcome
    detail: str
    remedy: str | None = None


def ok(name: str, detail: str) -> Finding:
    return Finding(name, Outcome.OK, detail)


def warn(name: str, detail: str, remedy: str) -> Finding:
    return Finding(name, Outcome.WARN, detail, remedy)


def fail(name: str, detail: str, remedy: str) -> Finding:
    return Finding(name, Outcome.FAIL, detail, remedy)
