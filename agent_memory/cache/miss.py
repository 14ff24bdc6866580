"""Why not more of a prompt was there."""

from dataclasses import dataclass
from enum import StrEnum


class MissKind(StrEnum):
    FIRST = "first block of this workspace"
    NEW = "new tokens"
    DIFFERENT = "tokens differ"
    NO_SNAPSHOT = "no snapshot there"
    EVICTED = "evicted"
    BAD_FILE = "file unusable"
    ENGINE_LOST = "lost with the engine"


@dataclass(frozen=True, slots=True)
class Miss:
    """`reason` says it in words, with the index of the first token concerned."""

    kind: MissKind
    reason: str
