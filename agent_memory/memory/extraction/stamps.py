"""When a line of a log was written."""

from datetime import datetime

from agent_memory.memory.dates.written import find_timestamp
from agent_memory.memory.extraction.lines import Lines

_NUM_LINES = 8


def stamp_of_line(lines: Lines, at: int, otherwise: datetime) -> datetime:
    return _stamp_at(lines, at, otherwise) or otherwise


def last_stamp_before(lines: Lines, at: int, otherwise: datetime) -> datetime:
    """Of line `at`, or the nearest of those shortly before it."""
    for place in range(at, max(-1, at - _NUM_LINES), -1):
        if (found := _stamp_at(lines, place, otherwise)) is not None:
            return found
    return otherwise


def _stamp_at(lines: Lines, at: int, near: datetime) -> datetime | None:
    """The time that was put before the line; where there is none, its own."""
    printed = find_timestamp(lines.times[at], near) if lines.times else None
    return printed or find_timestamp(lines.texts[at], near)
