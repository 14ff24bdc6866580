"""The counters of an engine, and the room it holds."""

from dataclasses import dataclass, field

from agent_memory.cache.rebuild_cost import Rates
from agent_memory.engine.distribution import Distribution


@dataclass(slots=True)
class Counters:
    """Totals since the engine started. tokens_restored: those included that were at rest in memory,
    or on the shelf. queueing: from a request's submission until its row is open; first_token: until
    its first token is drawn."""

    steps: int = 0
    tokens_prefilled: int = 0
    tokens_generated: int = 0
    tokens_restored: int = 0
    tokens_from_memory: int = 0
    tokens_from_shelf: int = 0
    requests_finished: int = 0
    requests_cancelled: int = 0
    requests_failed: int = 0
    requests_preempted: int = 0
    queueing: Distribution = field(default_factory=Distribution)
    first_token: Distribution = field(default_factory=Distribution)


@dataclass(slots=True)
class ShelfTraffic:
    """Files read and written since the engine started, each with the time that it took, checks
    and syncs included, and the bytes of their blocks."""

    reading: Distribution = field(default_factory=Distribution)
    writing: Distribution = field(default_factory=Distribution)
    bytes_read: int = 0
    bytes_written: int = 0

    def copy(self) -> "ShelfTraffic":
        """What there has been until now."""
        return ShelfTraffic(
            self.reading.copy(), self.writing.copy(), self.bytes_read, self.bytes_written
        )


@dataclass(frozen=True, slots=True)
class EngineStats:
    """A moment of an engine: what runs and waits, KV held for later turns, and totals.

    running: rows that prefill or decode. resident_bytes: KV of blocks kept for later turns;
    memory_bytes: of those at rest in memory. active_bytes: all memory that the device's allocator
    has handed out. prefill_tokens_per_s: as measured lately, None before the first long enough
    chunk.
    """

    running: int = 0
    waiting: int = 0
    resident_blocks: int = 0
    resident_bytes: int = 0
    memory_blocks: int = 0
    memory_bytes: int = 0
    active_bytes: int = 0
    steps: int = 0
    tokens_prefilled: int = 0
    tokens_generated: int = 0
    tokens_restored: int = 0
    tokens_from_memory: int = 0
    tokens_from_shelf: int = 0
    requests_finished: int = 0
    requests_cancelled: int = 0
    requests_failed: int = 0
    requests_preempted: int = 0
    queueing: Distribution = field(default_factory=Distribution)
    first_token: Distribution = field(default_factory=Distribution)
    shelf: ShelfTraffic = field(default_factory=ShelfTraffic)
    prefill_tokens_per_s: float | None = None

    @property
    def rates(self) -> Rates:
        """What has been measured; where nothing has, what is taken for granted."""
        known = Rates()
        prefill = self.prefill_tokens_per_s or known.prefill_tokens_per_s
        reading = known.shelf_bytes_per_s
        if self.shelf.reading.total_s > 0 and self.shelf.bytes_read > 0:
            reading = self.shelf.bytes_read / self.shelf.reading.total_s
        return Rates(prefill, reading)
