"""Pages of what is listed in memory: a cursor is the number of entries before it."""

from collections.abc import Sequence
from typing import TypeVar

from agent_memory.errors import InvalidRequest
from agent_memory.pages import Page
from agent_memory.store.memory.pages import check_limit

Entry = TypeVar("Entry")


def page_of(entries: Sequence[Entry], cursor: str | None, limit: int) -> Page[Entry]:
    """As the stores: `InvalidRequest` for what is no cursor, and for a limit that may not be."""
    check_limit(limit)
    if cursor is not None and not cursor.isdecimal():
        raise InvalidRequest("This cursor is not one of ours.", "cursor")
    begin = int(cursor or 0)
    end = begin + limit
    return Page(entries[begin:end], str(end) if end < len(entries) else None)
