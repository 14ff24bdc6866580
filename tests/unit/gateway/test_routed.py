"""Which provider answers."""

from dataclasses import replace

import pytest

from agent_memory.gateway.routed import Routed
from tests.unit.gateway.asking import Speaker, answer_of, asking, heard, user


class Two:
    def __init__(self) -> None:
        self.local = Speaker(*answer_of("here"), name="tiny")
        self.other = Speaker(*answer_of("there"), name="far")
        self.routed = Routed(self.local, {"far": self.other, "far/large": self.other})


@pytest.mark.parametrize("model", ["", "tiny", "a name of the client's own", "FAR"])
async def test_a_name_that_no_other_provider_has_is_the_local_ones(model: str) -> None:
    two = Two()
    request = replace(asking(user("hi")), model=model)
    assert await heard(two.routed.answer(request)) == list(answer_of("here"))
    assert await two.routed.count(request) == 42
    assert (two.local.asked, two.local.counted) == ([request], [request])
    assert (two.other.asked, two.other.counted) == ([], [])
    assert (await two.routed.route(model)).is_local


@pytest.mark.parametrize("model", ["far", "far/large"])
async def test_a_providers_own_name_goes_to_that_provider(model: str) -> None:
    two = Two()
    request = replace(asking(user("hi")), model=model)
    assert await heard(two.routed.answer(request)) == list(answer_of("there"))
    assert await two.routed.count(request) == 42
    assert (two.other.asked, two.other.counted) == ([request], [request])
    assert two.local.asked == []
    assert not (await two.routed.route(model)).is_local


async def test_the_cards_are_everyones_the_local_ones_first_and_each_once() -> None:
    assert [card.id for card in await Two().routed.cards()] == ["tiny", "far"]
