import pytest

from agent_memory.errors import Conflict, NotFound
from agent_memory.memory.feedback import Verdict
from agent_memory.memory.items.kinds import ItemState
from agent_memory.memory.service.feedback import GivenFeedback
from tests.unit.memory.made_items import day
from tests.unit.memory.service.house import ALPHA, House

LONG = "remark on how the deployment of the payment service failed with its certificate expired"


async def test_every_item_is_looked_at_once() -> None:
    house = House()
    await house.say("one remark", "another remark")

    first = await house.memory.consolidate.run(ALPHA, is_dry=False)
    second = await house.memory.consolidate.run(ALPHA, is_dry=False)

    assert (first.num_items, second.num_items) == (2, 0)


async def test_what_feedback_calls_a_duplicate_is_merged_and_can_be_taken_back() -> None:
    house = House()
    one, other = await house.say(LONG, "something else")
    await house.memory.feedback.give(
        ALPHA, GivenFeedback(Verdict.DUPLICATE, (other,), other_id=one)
    )

    done = await house.memory.consolidate.run(ALPHA, is_dry=False)

    assert (house.item(other).state, house.item(other).successor_id) == (ItemState.MERGED, one)
    (consolidation,) = done.ids
    await house.memory.consolidate.undo(ALPHA, consolidation)
    assert house.item(other).state is ItemState.ACTIVE
    with pytest.raises(Conflict):
        await house.memory.consolidate.undo(ALPHA, consolidation)
    (record,), _ = await house.memory.consolidate.list(ALPHA, None, 10)
    assert (record.consolidation_id, record.undone_at is None) == (consolidation, False)


async def test_what_feedback_calls_outdated_holds_until_now() -> None:
    house = House()
    (item,) = await house.say("a remark on the weather")
    await house.memory.feedback.give(ALPHA, GivenFeedback(Verdict.OUTDATED, (item,)))

    await house.memory.consolidate.run(ALPHA, is_dry=False)

    assert (house.item(item).state, house.item(item).valid_to) == (ItemState.SUPERSEDED, house.now)


async def test_a_dry_run_changes_nothing() -> None:
    house = House()
    (item,) = await house.say("a remark on the weather")
    await house.memory.feedback.give(ALPHA, GivenFeedback(Verdict.OUTDATED, (item,)))
    before = house.item(item)

    dry = await house.memory.consolidate.run(ALPHA, is_dry=True)

    assert (len(dry.plan.actions), dry.ids, house.item(item)) == (1, (), before)
    wet = await house.memory.consolidate.run(ALPHA, is_dry=False)
    assert wet.plan == dry.plan


async def test_a_newer_statement_takes_the_place_of_the_older_as_it_comes_in() -> None:
    house = House()
    await house.say("We use log4j for logging.", at=day(1))
    await house.say("We use slf4j for logging.", at=day(2))

    assert await house.current() == ["We use slf4j for logging."]


async def test_a_consolidation_that_never_was_is_not_found() -> None:
    with pytest.raises(NotFound):
        await House().memory.consolidate.undo(ALPHA, "cons_nothing")
