import pytest

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Verdict
from agent_memory.memory.service.feedback import GivenFeedback
from agent_memory.memory.service.recall import RecallRequest
from tests.unit.memory.service.house import ALPHA, House


async def test_a_verdict_on_an_item_alone_names_no_other() -> None:
    house = House()
    one, other = await house.say("one", "other")

    with pytest.raises(InvalidRequest) as refused:
        await house.memory.feedback.give(
            ALPHA, GivenFeedback(Verdict.HELPFUL, (one,), other_id=other)
        )

    assert refused.value.param == "other_id"


async def test_an_item_is_not_its_own_duplicate() -> None:
    house = House()
    (one,) = await house.say("one")

    with pytest.raises(InvalidRequest):
        await house.memory.feedback.give(
            ALPHA, GivenFeedback(Verdict.DUPLICATE, (one,), other_id=one)
        )


async def test_an_item_that_is_named_twice_is_judged_once() -> None:
    house = House()
    one, other = await house.say("one", "other")

    given = await house.memory.feedback.give(
        ALPHA, GivenFeedback(Verdict.HELPFUL, (one, other, one))
    )

    assert [feedback.item_id for feedback in given] == [one, other]
    assert house.item(one).num_helpful == 1


async def test_a_repeated_call_counts_once_and_a_changed_one_is_a_conflict() -> None:
    house = House()
    (one,) = await house.say("one")
    helpful = GivenFeedback(Verdict.HELPFUL, (one,))

    first = await house.memory.feedback.give(ALPHA, helpful, "k")

    assert await house.memory.feedback.give(ALPHA, helpful, "k") == first
    with pytest.raises(Conflict):
        await house.memory.feedback.give(ALPHA, GivenFeedback(Verdict.USED, (one,)), "k")
    assert (house.item(one).num_helpful, house.item(one).num_uses) == (1, 0)


async def test_feedback_is_said_of_a_recall_that_was_made() -> None:
    house = House()
    (one,) = await house.say("a red gate")
    result = await house.memory.recall.recall(ALPHA, RecallRequest("gate", 100))

    def given(recall_id: str) -> GivenFeedback:
        return GivenFeedback(Verdict.HELPFUL, (one,), recall_id)

    (feedback,) = await house.memory.feedback.give(ALPHA, given(result.found.recall_id))

    assert feedback.impression_id == result.found.recall_id
    with pytest.raises(NotFound):
        await house.memory.feedback.give(ALPHA, given("recall_nothing"))


async def test_one_item_that_is_not_there_leaves_all_unjudged() -> None:
    house = House()
    (one,) = await house.say("one")

    with pytest.raises(NotFound):
        await house.memory.feedback.give(
            ALPHA, GivenFeedback(Verdict.HELPFUL, (one, ItemId("item_nothing")))
        )

    assert house.item(one).num_helpful == 0


async def test_what_is_withdrawn_is_as_if_it_had_never_been_given() -> None:
    house = House()
    (one,) = await house.say("one")
    (given,) = await house.memory.feedback.give(ALPHA, GivenFeedback(Verdict.HELPFUL, (one,)))

    for _ in range(2):
        await house.memory.feedback.withdraw(ALPHA, given.feedback_id)

    assert house.item(one).num_helpful == 0
    (listed,), _ = await house.memory.feedback.list(ALPHA, None, 10)
    assert listed.withdrawn_at is not None
