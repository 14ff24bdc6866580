"""Buckets and places in Redis, which several processes share."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory.access.buckets import Draw, Refusal, Slot, refusal_of
from agent_memory.access.limiter import LocalLimiter, Taken
from agent_memory.errors import Unavailable
from agent_memory.gateway.books import LEASE
from agent_memory.shown_url import shown_url

log = logging.getLogger(__name__)

_SCRIPT = Path(__file__).with_name("limits.lua")
_PREFIX = "agent_memory:limit:"
_TIMEOUT_S = 1.0
_REST_S = 1.0
"""After a failure Redis is left alone for so long: no request waits for it again."""


class SharedLimiter:
    """Implements `Limiter` with one Lua script, by the clock of Redis.

    is_open: while Redis is away each process limits by itself; otherwise requests that fall under
    a limit are refused with `Unavailable`. `clock` counts seconds.
    """

    def __init__(
        self, url: str, *, is_open: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
        )
        self._run = self._redis.register_script(_SCRIPT.read_text())
        self._shown_url = shown_url(url)
        self._is_open = is_open
        self._clock = clock
        self._local = LocalLimiter(clock)
        self._of_local: set[str] = set()
        self._problem: str | None = None
        self._rests_until = 0.0

    async def take(
        self, holder: str, draws: Sequence[Draw], slots: Sequence[Slot]
    ) -> Taken | Refusal:
        hopeless = [draw for draw in draws if draw.capacity <= 0]
        if (refusal := refusal_of(hopeless, {}, 0.0)) is not None:
            return refusal
        answer = await self._ask("take", holder, draws, [0.0] * len(draws), slots)
        if answer is None:
            taken = await self._local.take(holder, draws, slots)
            if isinstance(taken, Taken):
                self._of_local.add(holder)
            return taken
        verdict, *rest = answer
        if verdict == b"taken":
            return Taken(tuple(float(one) for one in rest))
        keys = [*(draw.key for draw in draws), *(slot.key for slot in slots)]
        return Refusal(keys[int(rest[0]) - 1], float(rest[1]))

    async def give_back(
        self, holder: str, draws: Sequence[Draw], used: Sequence[float], slots: Sequence[Slot]
    ) -> None:
        if holder in self._of_local:
            self._of_local.discard(holder)
            await self._local.give_back(holder, draws, used, slots)
        else:
            # Where Redis is away now, what was taken there comes back with time.
            await self._ask("give", holder, draws, used, slots, may_fail=True)

    async def keep(self, holder: str, slots: Sequence[Slot]) -> None:
        if holder not in self._of_local:
            await self._ask("keep", holder, (), (), slots, may_fail=True)

    def problem(self) -> str | None:
        return self._problem

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _ask(
        self,
        action: str,
        holder: str,
        draws: Sequence[Draw],
        used: Sequence[float],
        slots: Sequence[Slot],
        *,
        may_fail: bool = False,
    ) -> list[bytes] | None:
        """What the script says; None while Redis is away and that stops nobody."""
        if self._clock() < self._rests_until:
            self._refuse_unless_open(may_fail=may_fail)
            return None
        keys = [*(draw.key for draw in draws), *(slot.key for slot in slots)]
        amounts = [
            number
            for draw, really in zip(draws, used, strict=True)
            for number in (draw.capacity, draw.per_s, draw.taken, really)
        ]
        places = [slot.capacity for slot in slots]
        try:
            answer: list[bytes] = await self._run(
                keys=[_PREFIX + key for key in keys],
                args=[action, len(draws), holder, LEASE.total_seconds(), *amounts, *places],
            )
        except (RedisError, OSError) as error:
            self._rests_until = self._clock() + _REST_S
            self._note(f"Redis at {self._shown_url} does not answer: {error}")
            self._refuse_unless_open(may_fail=may_fail)
            return None
        self._note(None)
        return answer

    def _refuse_unless_open(self, *, may_fail: bool) -> None:
        if not (self._is_open or may_fail):
            raise Unavailable("Limits cannot be checked: Redis does not answer.")

    def _note(self, problem: str | None) -> None:
        if problem is not None and self._problem is None:
            log.warning("limits are not shared", extra={"reason": problem})
        elif problem is None and self._problem is not None:
            log.info("limits are shared again")
        self._problem = problem
