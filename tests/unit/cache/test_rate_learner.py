"""The engine is asked now and then how fast it has been."""

import asyncio

from agent_memory.cache.rate_learner import LEARN_EVERY_S, RateLearner
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.errors import EngineUnavailable

SLOW = Rates(1.0, 2.0)


class World:
    """An engine, a clock, and what was learnt."""

    def __init__(self) -> None:
        self.now = 0.0
        self.num_asked = 0
        self.is_there = True
        self.learnt: list[Rates] = []
        self._learner = RateLearner(self._measured, self.learnt.append, lambda: self.now)

    async def turn(self, at: float) -> None:
        self.now = at
        self._learner.a_turn_has_ended()
        await asyncio.sleep(0)

    async def _measured(self) -> Rates:
        self.num_asked += 1
        if not self.is_there:
            raise EngineUnavailable("The engine restarts.")
        return SLOW


async def test_the_engine_is_asked_after_the_first_turn_that_ends_in_time() -> None:
    world = World()
    await world.turn(LEARN_EVERY_S)
    assert world.learnt == []
    await world.turn(LEARN_EVERY_S + 1)
    await world.turn(LEARN_EVERY_S + 2)
    assert world.learnt == [SLOW]
    await world.turn(2 * LEARN_EVERY_S + 2)
    assert world.learnt == [SLOW, SLOW]


async def test_an_engine_that_restarts_is_asked_the_next_time() -> None:
    world = World()
    world.is_there = False
    await world.turn(LEARN_EVERY_S + 1)
    world.is_there = True
    await world.turn(LEARN_EVERY_S + 2)
    assert (world.num_asked, world.learnt) == (1, [])
    await world.turn(2 * LEARN_EVERY_S + 2)
    assert world.learnt == [SLOW]
