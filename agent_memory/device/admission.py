"""How many requests may be in the engine at once."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent_memory.errors import Draining, QueueFull

_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class _Entry:
    num_rows: int
    since: float


class Admission:
    """Counts requests from the moment they come in until their last event. Thread-safe."""

    def __init__(
        self, max_rows: int, max_waiting: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_rows = max_rows
        self._max_waiting = max_waiting
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[int, _Entry] = {}
        self._num_rows = 0
        self._num_admitted = 0
        self._mean_s = 1.0
        self._is_draining = False
        self._when_empty: list[Callable[[], None]] = []

    def enter(self, num_rows: int, *, is_resumed: bool = False) -> int:
        """The number of a new request. Raises `QueueFull` or `Draining`, but not to one that was
        interrupted: it comes back, whatever there is."""
        with self._lock:
            if self._is_draining and not is_resumed:
                raise Draining("The engine is shutting down and takes no new work.")
            num_waiting = max(0, self._num_rows + num_rows - self._max_rows)
            if num_waiting > self._max_waiting and not is_resumed:
                raise QueueFull(num_waiting - num_rows, self._retry_after_s(num_waiting))
            self._num_admitted += 1
            self._entries[self._num_admitted] = _Entry(num_rows, self._clock())
            self._num_rows += num_rows
            return self._num_admitted

    def leave(self, key: int) -> None:
        """The request has had its last event, or is about to hear it."""
        with self._lock:
            entry = self._entries.pop(key)
            self._num_rows -= entry.num_rows
            self._mean_s += _WEIGHT * (self._clock() - entry.since - self._mean_s)

    def tell_when_empty(self) -> None:
        """Call those that wait for the last request to leave, if it has left."""
        if not self._when_empty:
            return
        with self._lock:
            if self._entries:
                return
            done, self._when_empty = self._when_empty, []
        for call in done:
            call()

    def drain(self, when_empty: Callable[[], None]) -> None:
        """Take nothing new; `tell_when_empty` calls `when_empty` when the last has left."""
        with self._lock:
            self._is_draining = True
            self._when_empty.append(when_empty)
        self.tell_when_empty()

    def _retry_after_s(self, num_waiting: int) -> int:
        """When about half of those that wait will have been served, at the pace of late."""
        return max(1, math.ceil(self._mean_s * num_waiting / self._max_rows / 2))
