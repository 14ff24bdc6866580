"""Which rows run next: admission, prefill chunks, decoding."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from agent_memory.engine.fair_queue import YIELDING, FairQueue
from agent_memory.engine.pace import Pace
from agent_memory.errors import InvariantBroken


class Phase(StrEnum):
    WAITING = "waiting"
    PREFILLING = "prefilling"
    DECODING = "decoding"


@dataclass(slots=True)
class Ticket:
    """One request as the scheduler sees it: how many rows, how many tokens left to prefill."""

    num_rows: int
    priority: int = 0
    is_ready: bool = False
    phase: Phase = Phase.WAITING
    num_to_prefill: int = 0
    pauses: list[int] = field(default_factory=list)
    """Numbers of tokens left to prefill at which a chunk has to end, the next one last."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next `num_tokens` tokens of one request's prompt."""

    key: int
    num_tokens: int


class Scheduler:
    """Rows join and leave at every step; at most one prefill chunk stands between two of them.

    A request waits until it is ready (its blocks are in memory) and enough rows are free. Among
    those that prefill, the oldest and the one with the least left take turns: short prompts do
    not wait for long ones, and long ones always get on. Of every eight chunks, at most one is of
    a request of a priority below 0 while others prefill.
    """

    def __init__(self, max_rows: int, pace: Pace) -> None:
        self._max_rows = max_rows
        self._pace = pace
        self._tickets: dict[int, Ticket] = {}
        self._queue: FairQueue[int] = FairQueue()
        self._prefilling: list[int] = []
        self._oldest_next = True
        self._num_chunks = 0
        self._num_rows = 0
        self._num_decoding = 0

    @property
    def num_waiting(self) -> int:
        return len(self._queue)

    @property
    def num_rows(self) -> int:
        """Rows that are taken now."""
        return self._num_rows

    @property
    def has_work(self) -> bool:
        """Some admitted request has something left to feed."""
        return self._num_rows > 0

    @property
    def can_admit(self) -> bool:
        """Some waiting request is ready and there are rows for it."""
        return any(self._fits(key) for key in self._queue)

    def add(self, key: int, group: str, num_rows: int, priority: int = 0) -> None:
        """A request begins to wait. Raises `InvariantBroken` when it could never be admitted."""
        if not 1 <= num_rows <= self._max_rows or key in self._tickets:
            raise InvariantBroken(f"request {key} with {num_rows} rows cannot be scheduled")
        self._tickets[key] = Ticket(num_rows, priority)
        self._queue.add(group, key, priority)

    def mark_ready(self, key: int) -> None:
        """What the request needs to be admitted is in memory."""
        self._tickets[key].is_ready = True

    def admit(self) -> int | None:
        """The next request that gets its rows now, or None. Call until None."""
        key = self._queue.take(self._fits)
        if key is not None:
            ticket = self._tickets[key]
            ticket.phase = Phase.PREFILLING
            self._num_rows += ticket.num_rows
            self._prefilling.append(key)
        return key

    def begin_prefill(self, key: int, num_tokens: int, pauses: Sequence[int] = ()) -> None:
        """An admitted request has `num_tokens` tokens to prefill; none means that it decodes. A
        chunk ends where so many are left as any of `pauses` says."""
        self._tickets[key].num_to_prefill = num_tokens
        self._tickets[key].pauses = sorted(p for p in pauses if 0 < p < num_tokens)
        if num_tokens == 0:
            self._begin_decoding(key)

    def next_chunk(self) -> Chunk | None:
        """The chunk to prefill in this step, counted as done."""
        if not self._prefilling:
            return None
        key = self._choose_prefill()
        ticket = self._tickets[key]
        num_tokens = min(ticket.num_to_prefill, self._pace.chunk_limit(self._num_decoding))
        if ticket.pauses:
            num_tokens = min(num_tokens, ticket.num_to_prefill - ticket.pauses[-1])
        ticket.num_to_prefill -= num_tokens
        if ticket.pauses and ticket.num_to_prefill == ticket.pauses[-1]:
            ticket.pauses.pop()
        if ticket.num_to_prefill == 0:
            self._begin_decoding(key)
        return Chunk(key, num_tokens)

    def is_decoding(self, key: int) -> bool:
        return self._tickets[key].phase is Phase.DECODING

    def release_rows(self, key: int, num_rows: int) -> None:
        """Some of a decoding request's rows are finished."""
        self._tickets[key].num_rows -= num_rows
        self._num_rows -= num_rows
        self._num_decoding -= num_rows

    def remove(self, key: int) -> None:
        """The request is over, in whatever phase it is."""
        ticket = self._tickets.pop(key)
        if ticket.phase is Phase.WAITING:
            self._queue.remove(key)
            return
        self._num_rows -= ticket.num_rows
        if ticket.phase is Phase.PREFILLING:
            self._prefilling.remove(key)
        else:
            self._num_decoding -= ticket.num_rows

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` if the counts and lists contradict the tickets."""
        self._queue.check_integrity()
        by_phase: dict[Phase, list[int]] = {phase: [] for phase in Phase}
        for key, ticket in self._tickets.items():
            by_phase[ticket.phase].append(key)
        rows = {p: sum(self._tickets[i].num_rows for i in ids) for p, ids in by_phase.items()}
        if sorted(self._queue) != sorted(by_phase[Phase.WAITING]):
            raise InvariantBroken("the queue does not hold the requests that wait")
        if sorted(self._prefilling) != sorted(by_phase[Phase.PREFILLING]):
            raise InvariantBroken("the prefill list does not hold the requests that prefill")
        if self._num_decoding != rows[Phase.DECODING]:
            raise InvariantBroken("the number of decoding rows is wrong")
        if self._num_rows != rows[Phase.DECODING] + rows[Phase.PREFILLING]:
            raise InvariantBroken("the number of rows is wrong")
        if self._num_rows > self._max_rows:
            raise InvariantBroken("more rows run than there are")

    def _fits(self, key: int) -> bool:
        ticket = self._tickets[key]
        return ticket.is_ready and self._num_rows + ticket.num_rows <= self._max_rows

    def _choose_prefill(self) -> int:
        candidates = self._prefilling
        self._num_chunks += 1
        if self._num_chunks % YIELDING:
            urgent = [key for key in candidates if self._tickets[key].priority >= 0]
            candidates = urgent or candidates
        self._oldest_next = not self._oldest_next
        if self._oldest_next:
            return min(candidates, key=lambda key: self._tickets[key].num_to_prefill)
        return candidates[0]

    def _begin_decoding(self, key: int) -> None:
        ticket = self._tickets[key]
        ticket.phase = Phase.DECODING
        self._prefilling.remove(key)
        self._num_decoding += ticket.num_rows
