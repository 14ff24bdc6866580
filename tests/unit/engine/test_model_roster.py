"""Which models may be loaded, and which one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.engine.model_roster import ModelRoster, ModelState
from agent_memory.errors import Conflict, InvalidRequest

NAMES = ("/models/ant", "org/bee", "cat")


def states(roster: ModelRoster) -> dict[str, ModelState]:
    return {entry.name: entry.state for entry in roster.entries()}


def test_the_loaded_model_stands_first_and_the_others_in_their_order() -> None:
    roster = ModelRoster(NAMES)
    roster.begin("cat")
    roster.has_loaded("cat")
    assert [entry.name for entry in roster.entries()] == ["cat", "/models/ant", "org/bee"]
    assert list(states(roster).values()) == [
        ModelState.LOADED,
        ModelState.OFFLOADED,
        ModelState.OFFLOADED,
    ]


def test_a_model_is_found_by_its_name_or_by_the_end_of_it() -> None:
    roster = ModelRoster(NAMES)
    assert roster.find("org/bee") == "org/bee"
    assert roster.find("ant") == "/models/ant"


def test_an_unknown_model_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="may be loaded: /models/ant, org/bee, cat"):
        ModelRoster(NAMES).find("dog")


def test_an_end_that_several_have_is_no_name() -> None:
    with pytest.raises(InvalidRequest, match="Several models end with 'bee'"):
        ModelRoster((*NAMES, "elsewhere/bee")).find("bee")


def test_one_model_is_loaded_at_a_time() -> None:
    roster = ModelRoster(NAMES)
    roster.begin("cat")
    with pytest.raises(Conflict, match="'cat' is being loaded"):
        roster.begin("org/bee")


def test_a_model_that_failed_says_why_until_it_is_tried_again() -> None:
    roster = ModelRoster(NAMES)
    roster.begin("cat")
    roster.has_failed("cat", "it is torn")
    [failed] = [entry for entry in roster.entries() if entry.name == "cat"]
    assert (failed.state, failed.reason) == (ModelState.FAILED, "it is torn")
    roster.begin("cat")
    assert states(roster)["cat"] is ModelState.LOADING


def test_a_name_given_twice_is_one_model() -> None:
    assert len(ModelRoster(("cat", "cat")).entries()) == 1


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["load", "fail", "offload"]))))
def test_the_books_never_contradict_each_other(story: list[tuple[str, str]]) -> None:
    roster = ModelRoster(NAMES)
    for name, outcome in story:
        if outcome == "offload":
            roster.has_offloaded()
        elif name != roster.loaded:
            roster.begin(name)
            roster.check_integrity()
            roster.has_offloaded()
            if outcome == "load":
                roster.has_loaded(name)
            else:
                roster.has_failed(name, "for a reason")
        roster.check_integrity()
        assert sum(state is ModelState.LOADED for state in states(roster).values()) <= 1
