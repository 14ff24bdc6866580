"""Pages of lists."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

Entry = TypeVar("Entry")


class Page(NamedTuple, Generic[Entry]):
    """Some entries of a list. `next_cursor`: of the page after it, or None on the last."""

    items: Sequence[Entry]
    next_cursor: str | None = None
