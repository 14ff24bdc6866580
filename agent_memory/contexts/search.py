"""What is asked of the search for contexts, and what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from agent_memory.contexts.context import StoredContext
from agent_memory.contexts.filter import Filter
from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json

MAX_HITS = 100


class SearchMode(StrEnum):
    WORDS = "words"
    MEANING = "meaning"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """since, until: of the present version. metadata: what must stand in it."""

    text: str
    mode: SearchMode = SearchMode.BOTH
    wanted: Filter = field(default_factory=Filter)
    metadata: Mapping[str, Json] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """components: all that went into the score, each between 0 and 1."""

    stored: StoredContext
    score: float
    components: Mapping[str, float]
    snippet: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Best first. note: why something was not looked at; empty where all was."""

    hits: Sequence[Hit]
    note: str = ""


class ContextSearch(Protocol):
    async def search(self, workspace: WorkspaceId, query: ContextQuery) -> Hits:
        """Nothing that is sealed or has expired is found."""
        ...
