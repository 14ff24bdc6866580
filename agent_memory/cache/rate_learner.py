"""Learning how fast this machine is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from agent_memory.cache.rebuild_cost import Rates
from agent_memory.errors import Unavailable

LEARN_EVERY_S = 60.0
"""How often the engine is asked, after a turn, how fast it has been."""

Measured: TypeAlias = Callable[[], Awaitable[Rates]]
"""The rates that the engine has measured. Raises `Unavailable`."""


class RateLearner:
    def __init__(
        self, measured: Measured, learn: Callable[[Rates], None], clock: Callable[[], float]
    ) -> None:
        self._measured = measured
        self._learn = learn
        self._clock = clock
        self._learned_at = clock()
        self._learning: asyncio.Task[None] | None = None

    def a_turn_has_ended(self) -> None:
        """Ask the engine, if it is time, while others go on."""
        if self._clock() - self._learned_at > LEARN_EVERY_S:
            self._learned_at = self._clock()
            self._learning = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            rates = await self._measured()
        except Unavailable:
            return  # The engine restarts; what was learnt before holds meanwhile.
        self._learn(rates)
