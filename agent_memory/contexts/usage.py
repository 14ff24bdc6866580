"""How contexts are used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from agent_memory.ids import ContextKey

DAYS_TOLD = 30
MOST_READ = 10


@dataclass(frozen=True, slots=True)
class Measures:
    """What there is now. num_bytes: of all versions, as they were sent; num_stored_bytes: as they
    are stored."""

    num_contexts: int
    num_sessions: int
    num_agents: int
    num_sealed: int
    num_reads: int
    first_created_at: datetime | None
    last_updated_at: datetime | None
    num_versions: int
    num_bytes: int
    num_stored_bytes: int


@dataclass(frozen=True, slots=True)
class Day:
    """num_misses: reads of what did not exist. Reads are those of the whole workspace."""

    day: date
    num_reads: int
    num_misses: int
    num_writes: int
    num_deletes: int


@dataclass(frozen=True, slots=True)
class MostRead:
    key: ContextKey
    num_reads: int


@dataclass(frozen=True, slots=True)
class Analytics:
    """most_read: the most read first. days: the oldest first."""

    measures: Measures
    most_read: Sequence[MostRead]
    days: Sequence[Day]

    @property
    def hit_rate(self) -> float | None:
        """The share of reads that found something; None where nothing was read."""
        num_hits = sum(day.num_reads for day in self.days)
        num_asked = num_hits + sum(day.num_misses for day in self.days)
        return num_hits / num_asked if num_asked else None
