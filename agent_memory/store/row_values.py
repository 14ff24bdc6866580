"""Rows as values."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from psycopg import AsyncCursor
from psycopg.rows import class_row

Row = TypeVar("Row")


def rows_of(row: type[Row]) -> Callable[[AsyncCursor[Any]], Callable[[Sequence[Any]], Row]]:
    """A row factory: columns are the fields of `row`, by their names.

    Where the names stand in the order of the fields, the values are handed over by place, which
    takes a third of the time: a search makes hundreds of rows of dozens of columns.
    """

    fields = [name.encode() for name in getattr(row, "__match_args__", ())]

    def make(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], Row]:
        found = cursor.pgresult
        if found is not None and fields == [found.fname(at) for at in range(found.nfields)]:
            return lambda values: row(*values)
        return class_row(row)(cursor)

    return make
