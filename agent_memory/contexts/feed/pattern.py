"""Which keys a subscription is for."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest

_MAX_LENGTH = 513
"""A key of 512 characters, and the star."""


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """A key, or with a star at its end every key that begins so: `team/*`, or `*` for all."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "KeyPattern":
        """`InvalidRequest` for an empty pattern, a long one, or a star that is not at the end."""
        if not 1 <= len(text) <= _MAX_LENGTH:
            raise InvalidRequest(f"A key has 1 to {_MAX_LENGTH - 1} characters.", "key")
        if "*" in text[:-1]:
            raise InvalidRequest(
                "A star may stand only at the end of a key, as in 'team/*'.", "key"
            )
        return cls(text)

    @property
    def prefix(self) -> str | None:
        """The beginning that keys have; None where the pattern is one key."""
        return self.text[:-1] if self.text.endswith("*") else None

    def matches(self, key: str) -> bool:
        if (prefix := self.prefix) is not None:
            return key.startswith(prefix)
        return key == self.text


def any_matches(patterns: Iterable[KeyPattern], key: str) -> bool:
    return any(pattern.matches(key) for pattern in patterns)
