"""Cursors: where a page of a list ended, in a form that means nothing to its reader."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from agent_memory.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry of a page: when it was made, and its id."""

    created_at: datetime
    id: str

    def encode(self) -> str:
        text = f"{self.created_at.astimezone(UTC).isoformat()} {self.id}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """`InvalidRequest` for anything that `encode` did not make."""
        try:
            padded = text + "=" * (-len(text) % 4)
            when, _, entry = urlsafe_b64decode(padded.encode()).decode().partition(" ")
            cursor = cls(datetime.fromisoformat(when), entry)
        except (binascii.Error, ValueError) as error:
            raise InvalidRequest("The cursor is not valid; use next_cursor.", "cursor") from error
        if cursor.created_at.tzinfo is None or "\x00" in entry or cursor.encode() != text:
            raise InvalidRequest("The cursor is not valid; use next_cursor.", "cursor")
        return cursor
