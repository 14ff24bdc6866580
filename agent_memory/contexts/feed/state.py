"""What the feed tells beside single changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.change import Change
from agent_memory.ids import ContextKey, Lineage


@dataclass(frozen=True, slots=True)
class ChangePage:
    """The changes after a number, oldest first. through: the last number that was looked at."""

    changes: Sequence[Change]
    through: int


@dataclass(frozen=True, slots=True)
class PresentContext:
    """A context as it stands when a reader has to begin again."""

    key: ContextKey
    lineage: Lineage
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PresentState:
    """All contexts of one moment: after the change `seq`, before the next one."""

    seq: int
    contexts: Sequence[PresentContext]
