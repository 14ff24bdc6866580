"""What the feed tells of a context."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    """The names are those of the messages that tell of it."""

    STORED = "context-stored"
    """The key had no context before."""
    UPDATED = "context-updated"
    DELETED = "context-deleted"
    """By somebody, or because it had expired."""


@dataclass(frozen=True, slots=True)
class ContextChange:
    """One change, never with the content. The sequence numbers of a workspace are dense and in the
    order of the commits. lineage: another one where a key was deleted and made again, so that its
    version 1 is not mistaken for the former one."""

    sequence: int
    kind: ChangeKind
    key: str
    version: int
    at: datetime
    by: str | None = None
    lineage: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """The changes after a number, oldest first. through: the last number that was looked at."""

    changes: Sequence[ContextChange]
    through: int


@dataclass(frozen=True, slots=True)
class PresentContext:
    """A context as it stands when a reader has to begin again."""

    key: str
    version: int
    updated_at: datetime
    lineage: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class PresentState:
    """All contexts of one moment: after the change `sequence`, before the next one."""

    sequence: int
    contexts: Sequence[PresentContext]
