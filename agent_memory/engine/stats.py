"""What an engine has done and what it holds."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Totals since the engine started."""

    steps: int = 0
    tokens_prefilled: int = 0
    tokens_generated: int = 0
    tokens_restored: int = 0
    tokens_from_shelf: int = 0
    requests_finished: int = 0
    requests_cancelled: int = 0
    requests_failed: int = 0


@dataclass(frozen=True, slots=True)
class EngineStats:
    """A moment of an engine: what runs and waits, KV held for later turns, and totals.

    running: rows that prefill or decode. resident_bytes: KV of blocks kept for later turns.
    active_bytes: all memory that the device's allocator has handed out.
    """

    running: int = 0
    waiting: int = 0
    resident_blocks: int = 0
    resident_bytes: int = 0
    active_bytes: int = 0
    steps: int = 0
    tokens_prefilled: int = 0
    tokens_generated: int = 0
    tokens_restored: int = 0
    tokens_from_shelf: int = 0
    requests_finished: int = 0
    requests_cancelled: int = 0
    requests_failed: int = 0
