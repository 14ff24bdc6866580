"""The list of models is cached, and never holds up a turn."""

import asyncio
from collections.abc import Sequence

from agent_memory.api.catalogue import Catalogue
from agent_memory.errors import EngineUnavailable
from agent_memory.testing.runtime import ScriptedTurns
from agent_memory.turns.models import ModelCard
from tests.unit.api.scripts import MODEL


class Listing(ScriptedTurns):
    """Counts how often it is asked; can be out of reach or slow."""

    num_asked = 0
    is_reachable = True
    is_slow = False

    async def cards(self) -> Sequence[ModelCard]:
        self.num_asked += 1
        if not self.is_reachable:
            raise EngineUnavailable("No engine.")
        if self.is_slow:
            await asyncio.sleep(30)
        return [MODEL]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_the_list_is_asked_for_once_in_a_while() -> None:
    turns, clock = Listing(), Clock()
    catalogue = Catalogue(turns, clock)
    assert [await catalogue.served() for _ in range(3)] == ["org/tiny"] * 3
    assert turns.num_asked == 1
    clock.now += 6
    assert await catalogue.models() == [MODEL]
    assert turns.num_asked == 2


async def test_the_last_known_name_serves_while_the_engine_is_away_or_slow() -> None:
    turns, clock = Listing(), Clock()
    catalogue = Catalogue(turns, clock)
    await catalogue.served()
    clock.now += 6
    turns.is_reachable = False
    assert await catalogue.served() == "org/tiny"
    turns.is_reachable, turns.is_slow = True, True
    assert await catalogue.served() == "org/tiny"


async def test_nothing_known_is_nothing_said() -> None:
    turns = Listing()
    turns.is_reachable = False
    assert await Catalogue(turns, Clock()).served() is None
