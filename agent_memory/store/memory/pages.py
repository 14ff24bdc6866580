"""Pages of a list, and the cursors between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest
from agent_memory.store.cursors import Cursor

MAX_PAGE = 1000


def check_limit(limit: int) -> None:
    """`InvalidRequest` unless a page may have so many entries."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidRequest(f"limit must be from 1 to {MAX_PAGE}.", "limit")


@dataclass(frozen=True, slots=True)
class ItemCursor:
    """The last item of a page: when it occurred, and its number."""

    cursor: Cursor
    item_no: int

    @classmethod
    def decode(cls, text: str) -> "ItemCursor":
        """`InvalidRequest` for what is no cursor of items."""
        cursor = Cursor.decode(text)
        if not (cursor.id.isascii() and cursor.id.isdigit()) or len(cursor.id) > 18:
            raise InvalidRequest("The cursor is not valid; use next_cursor.", "cursor")
        return cls(cursor, int(cursor.id))


def has_more(rows: Sequence[object], limit: int) -> bool:
    """Of rows that were asked for one beyond the limit."""
    return len(rows) > limit
