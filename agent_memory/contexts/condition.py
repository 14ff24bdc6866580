"""A writer's expectation of a context: compare and set."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent_memory.contexts.context import VersionInfo
from agent_memory.errors import PreconditionFailed
from agent_memory.ids import ContextKey

_HASH = re.compile("[0-9a-f]{64}")
ANY = "*"
"""The tag that any version has."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`If-Match` and `If-None-Match` (RFC 9110): tags of the present version, one of which must
    match, and tags none of which may. A tag is an entity tag without its quotes, a version's
    number, a SHA-256 in hex, or `*` for any version. None: nothing is expected."""

    matches: tuple[str, ...] | None = None
    matches_none: tuple[str, ...] | None = None

    @property
    def expects_hash(self) -> bool:
        """Whether the content must be known to check it."""
        tags = (*(self.matches or ()), *(self.matches_none or ()))
        return any(_HASH.fullmatch(tag.lower()) is not None for tag in tags)

    def check(
        self, key: ContextKey, present: VersionInfo | None, sha256: Callable[[], str | None]
    ) -> None:
        """`PreconditionFailed` unless `present` is as expected. sha256: of its content; asked for
        only where a hash is expected."""
        is_met = (self.matches is None or _any_names(self.matches, present, sha256)) and not (
            self.matches_none is not None and _any_names(self.matches_none, present, sha256)
        )
        if is_met:
            return
        if present is None:
            raise PreconditionFailed(key, None)
        raise PreconditionFailed(key, present.address.version, present.etag, sha256())


def _any_names(
    tags: tuple[str, ...], present: VersionInfo | None, sha256: Callable[[], str | None]
) -> bool:
    return present is not None and any(_names(tag, present, sha256) for tag in tags)


def _names(tag: str, present: VersionInfo, sha256: Callable[[], str | None]) -> bool:
    if tag == ANY:
        return True
    if _HASH.fullmatch(tag.lower()) is not None:
        return tag.lower() == sha256()
    return tag in {str(present.address.version), present.etag.strip('"')}


UNCONDITIONAL = Condition()
