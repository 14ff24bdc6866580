"""The bases of all documented answers."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

Entry = TypeVar("Entry")


class Answer(BaseModel):
    """An answer has all of its fields, and no others."""

    model_config = ConfigDict(extra="forbid")


class Listing(Answer, Generic[Entry]):
    """A whole list."""

    data: list[Entry]


class PageOf(Answer, Generic[Entry]):
    """Some entries of a list. next_cursor: of the page after it, or null on the last."""

    data: list[Entry]
    next_cursor: str | None
