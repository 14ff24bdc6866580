"""The content of a context."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from agent_memory.errors import ItemTooLarge

MAX_DOCUMENT_BYTES = 10 * 1024 * 1024


class Format(StrEnum):
    JSON = "json"
    """The text of one JSON value, as it was written."""
    TEXT = "text"
    """Text in UTF-8."""
    BYTES = "bytes"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.TEXT: "text/plain; charset=utf-8",
    Format.BYTES: "application/octet-stream",
}
"""Where the writer names none."""


@dataclass(frozen=True)
class Document:
    """Bytes as they came: they are returned, and hashed, as they are."""

    format: Format
    media_type: str
    body: bytes

    def __post_init__(self) -> None:
        if len(self.body) > MAX_DOCUMENT_BYTES:
            raise ItemTooLarge(len(self.body), MAX_DOCUMENT_BYTES, "data")

    @classmethod
    def of(cls, form: Format, body: bytes, media_type: str | None = None) -> "Document":
        return cls(form, media_type or MEDIA_TYPES[form], body)

    @cached_property
    def sha256(self) -> str:
        """Lower-case hex."""
        return hashlib.sha256(self.body).hexdigest()
