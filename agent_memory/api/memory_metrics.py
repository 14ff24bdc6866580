"""This process's counters of memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.service.ingest import Ingested

_LATENCY_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_COUNTS = (0, 1, 5, 10, 25, 50, 100, 200, 400)


@dataclass(slots=True)
class Sighting:
    """What one recall has seen."""

    num_candidates: int = 0
    is_degraded: bool = False

    def note(self, num_candidates: int, *, is_degraded: bool) -> None:
        self.num_candidates = num_candidates
        self.is_degraded = is_degraded


class MemoryMetrics:
    """Ingestion, recall and redaction. `monotonic` measures intervals in seconds."""

    def __init__(self, registry: CollectorRegistry, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._items = Counter(
            "agent_memory_memory_items",
            "Items of ingestions: added, updated, or known before.",
            ("change",),
            registry=registry,
        )
        self._redactions = Counter(
            "agent_memory_memory_redactions",
            "Secrets and personal data removed before storage.",
            ("kind",),
            registry=registry,
        )
        self._latency = Histogram(
            "agent_memory_memory_recall_duration_seconds",
            "Time from the parsed request to the packed answer.",
            ("route",),
            buckets=_LATENCY_S,
            registry=registry,
        )
        self._candidates = Histogram(
            "agent_memory_memory_recall_candidates",
            "Items that were ranked for one recall.",
            ("route",),
            buckets=_COUNTS,
            registry=registry,
        )
        self._degraded = Counter(
            "agent_memory_memory_recall_degraded",
            "Recalls that went without an arm, or ran out of time.",
            ("route",),
            registry=registry,
        )

    def note_ingested(self, ingested: Ingested) -> None:
        """One ingestion is stored."""
        remembered = ingested.remembered
        self._items.labels("added").inc(len(remembered.added))
        self._items.labels("updated").inc(len(remembered.updated))
        self._items.labels("known").inc(remembered.num_known)
        for kind, count in ingested.redactions.items():
            known = kind in RedactionKind.__members__.values()
            self._redactions.labels(kind if known else "custom").inc(count)

    @contextmanager
    def recalling(self, route: str) -> Iterator[Sighting]:
        """Measures one recall that succeeds; `route` is one of a few words."""
        started_at = self._monotonic()
        seen = Sighting()
        yield seen
        self._latency.labels(route).observe(self._monotonic() - started_at)
        self._candidates.labels(route).observe(seen.num_candidates)
        if seen.is_degraded:
            self._degraded.labels(route).inc()
