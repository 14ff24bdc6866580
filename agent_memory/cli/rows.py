"""Rows of tables out of the objects that the API answers."""

from collections.abc import Mapping, Sequence
from typing import Any


def cells(entry: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """The fields of `names`, in that order; what is missing is empty."""
    return tuple(_cell(entry.get(name)) for name in names)


def minute(text: str | None) -> str:
    """A time in ISO 8601, to the minute."""
    return "" if text is None else f"{text[:16].replace('T', ' ')}Z"


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case list():
            return " ".join(map(str, value))
        case _:
            return str(value)
