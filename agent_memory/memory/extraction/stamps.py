"""When a line of a log was written."""

from datetime import datetime

from agent_memory.memory.dates.written import find_timestamp
from agent_memory.memory.extraction.lines import Lines

_NUM_LINES = 8


def stamp_of(text: str, otherwise: datetime) -> datetime:
    return find_timestamp(text, otherwise) or otherwise


def last_stamp_before(lines: Lines, at: int, otherwise: datetime) -> datetime:
    """Of line `at`, or the nearest of those shortly before it."""
    for place in range(at, max(-1, at - _NUM_LINES), -1):
        if (found := find_timestamp(lines.texts[place], otherwise)) is not None:
            return found
    return otherwise
