"""The pool in figures."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_memory.cache.lease import Lease
from agent_memory.cache.miss import MissKind


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Counts since the pool was made, and what it holds now. Bytes where it says bytes.

    A hit is a lease with at least one cached token. `oldest_lease_s` is 0 without leases. What
    bears "memory" is at rest there. num_evicted_blocks were resident, and went to rest or are gone;
    num_dropped_blocks were at rest, and are gone.
    num_misses_by_kind: leases by why not more of their prompt was there. num_waiting: turns that
    wait for room; num_room_waits and room_wait_s: how often that has happened, and for how many
    seconds in all.
    """

    epoch: int
    num_blocks: int
    num_resident_blocks: int
    resident_bytes: int
    reserved_bytes: int
    resident_budget: int
    num_shelf_blocks: int
    num_shelf_files: int
    shelf_bytes: int
    shelf_budget: int
    num_leases: int
    oldest_lease_s: float
    num_hits: int
    num_misses: int
    num_prompt_tokens: int
    num_cached_tokens: int
    num_evicted_blocks: int
    num_discarded_files: int
    num_memory_blocks: int = 0
    memory_bytes: int = 0
    memory_budget: int = 0
    num_dropped_blocks: int = 0
    num_misses_by_kind: Mapping[MissKind, int] = field(default_factory=dict)
    num_waiting: int = 0
    num_room_waits: int = 0
    room_wait_s: float = 0.0


@dataclass(slots=True)
class PoolTally:
    """What the leases so far have found."""

    num_hits: int = 0
    num_misses: int = 0
    num_prompt_tokens: int = 0
    num_cached_tokens: int = 0
    num_misses_by_kind: Counter[MissKind] = field(default_factory=Counter)

    def count(self, lease: Lease, num_prompt_tokens: int) -> None:
        self.num_hits += lease.num_cached_tokens > 0
        self.num_misses += lease.num_cached_tokens == 0
        if lease.miss_kind is not None:
            self.num_misses_by_kind[lease.miss_kind] += 1
        self.num_prompt_tokens += num_prompt_tokens
        self.num_cached_tokens += lease.num_cached_tokens
