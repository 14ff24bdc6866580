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

    def make(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], Row]:
        names = [column.name for column in cursor.description or ()]
        if names == list(getattr(row, "__match_args__", ())):
            return lambda values: row(*values)
        return class_row(row)(cursor)

    return make
