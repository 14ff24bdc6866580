"""Turns that wait for room, and the answers that they are owed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from agent_memory.cache.lease import Lease
from agent_memory.cache.lease_request import LeaseRequest
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.stats import PoolStats
from agent_memory.cache.usher import Usher
from agent_memory.errors import InvariantBroken, PoolLost, QueueFull, Unavailable
from agent_memory.ids import BlockOwner, LeaseId

log = logging.getLogger(__name__)

SERVE_EVERY_S = 0.25
"""While turns wait, time alone may change whose turn it is."""

Preempt: TypeAlias = Callable[[Sequence[LeaseId]], Awaitable[None]]
"""Have the engine's generations give up their room. Raises `Unavailable`."""


class WaitingTurns:
    """Answers turns with leases of the present pool, as its `Usher` says.

    All but `wait` is called by who holds `books`.
    """

    def __init__(
        self, books: asyncio.Lock, preempt: Preempt, max_waiting: int, clock: Callable[[], float]
    ) -> None:
        self._books = books
        self._preempt = preempt
        self._max_waiting = max_waiting
        self._clock = clock
        self._usher: Usher | None = None
        self._answers: dict[LeaseId, asyncio.Future[Lease]] = {}
        self._serving: asyncio.Task[None] | None = None
        self._preempting: set[asyncio.Task[None]] = set()
        self._num_room_waits = 0
        self._room_wait_s = 0.0

    def begin(self, pool: BlockPool) -> None:
        """There is another pool: nobody gets room in the former any more."""
        self._turn_away(tuple(self._answers), "another model is served now")
        self._usher = Usher(pool)

    def ask(self, request: LeaseRequest) -> asyncio.Future[Lease]:
        """The answer to a request, which may take its time. Raises `QueueFull`."""
        usher = self._usher
        if usher is None:
            raise InvariantBroken("a pool has no usher")
        self._turn_away((request.lease_id,), "it was asked for again")
        usher.ask(request.plea)
        answer = self._answers[request.lease_id] = asyncio.get_running_loop().create_future()
        self.serve()
        is_too_long = usher.num_waiting > self._max_waiting
        if not answer.done() and is_too_long and not request.terms.has_begun:
            usher.withdraw(request.lease_id)
            del self._answers[request.lease_id]
            raise QueueFull(usher.num_waiting, retry_after_s=2)
        return answer

    async def wait(self, lease_id: LeaseId, answer: asyncio.Future[Lease]) -> None:
        """Until there is an answer; whoever is cancelled meanwhile does not wait any more."""
        started_at = self._clock()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve_in_time())
        try:
            await answer
        finally:
            if self._answers.get(lease_id) is answer and self._usher is not None:
                del self._answers[lease_id]
                self._usher.withdraw(lease_id)
            self._num_room_waits += 1
            self._room_wait_s += self._clock() - started_at

    def serve(self) -> None:
        """Give room to those whose turn it is, and have others make some."""
        if (usher := self._usher) is None:
            return
        for lease in usher.serve():
            answer = self._answers.pop(lease.lease_id)
            if not answer.done():
                answer.set_result(lease)
        if victims := usher.take_victims():
            log.info("turns are interrupted", extra={"num": len(victims)})
            task = asyncio.create_task(self._interrupt(victims))
            self._preempting.add(task)
            task.add_done_callback(self._preempting.discard)

    def turn_away_owner(self, owner: BlockOwner) -> None:
        """The session's process is gone: none of its turns waits any more."""
        if self._usher is not None:
            self._turn_away(self._usher.withdraw_owner(owner), "its process is gone")

    def counted_in(self, stats: PoolStats) -> PoolStats:
        """The figures of a pool with those of the turns that wait for it."""
        return replace(
            stats,
            num_waiting=self._usher.num_waiting if self._usher is not None else 0,
            num_room_waits=self._num_room_waits,
            room_wait_s=self._room_wait_s,
        )

    async def _serve_in_time(self) -> None:
        while self._answers:
            await asyncio.sleep(SERVE_EVERY_S)
            async with self._books:
                self.serve()

    def _turn_away(self, lease_ids: Sequence[LeaseId], why: str) -> None:
        for lease_id in lease_ids:
            answer = self._answers.pop(lease_id, None)
            if answer is not None and not answer.done():
                answer.set_exception(PoolLost(f"This lease is not to be had: {why}."))

    async def _interrupt(self, lease_ids: Sequence[LeaseId]) -> None:
        try:
            await self._preempt(lease_ids)
        except Unavailable as error:
            # An engine that died holds no room any more, and what else was missed is asked again.
            log.warning("turns not interrupted", extra={"error": str(error)})
