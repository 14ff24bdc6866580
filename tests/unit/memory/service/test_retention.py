import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.memory.items.kinds import ItemState
from tests.unit.memory.made_items import day
from tests.unit.memory.service.house import ALPHA, BETA, House

OLD, NEW = "an old remark", "a new remark"


async def with_two_remarks(house: House) -> None:
    await house.say(OLD, at=day(1))
    await house.say(NEW, at=day(49))


async def test_by_default_everything_is_kept() -> None:
    house = House()
    await with_two_remarks(house)

    done = await house.memory.retention.run(ALPHA, is_dry=False)

    assert (done.num_archived, done.num_erased) == (0, 0)
    assert house.texts() == [OLD, NEW]


async def test_what_is_older_than_the_policy_says_is_archived_and_later_erased() -> None:
    house = House()
    await with_two_remarks(house)
    policy = {"archive_after_days": 30, "erase_after_days": 60}
    await house.memory.retention.set_policy(ALPHA, policy)

    archived = await house.memory.retention.run(ALPHA, is_dry=False)

    assert (archived.num_archived, archived.num_erased) == (1, 0)
    states = {item.text: item.state for item in house.items.shelf(ALPHA).items.values()}
    assert states == {OLD: ItemState.ARCHIVED, NEW: ItemState.ACTIVE}
    house.now = day(62)
    erased = await house.memory.retention.run(ALPHA, is_dry=False)
    assert (erased.num_archived, erased.num_erased) == (0, 1)
    assert house.texts() == [NEW]


async def test_a_dry_run_plans_the_same_and_changes_nothing() -> None:
    house = House()
    await with_two_remarks(house)
    await house.memory.retention.set_policy(ALPHA, {"erase_after_days": 30})

    dry = await house.memory.retention.run(ALPHA, is_dry=True)

    assert (dry.is_dry, dry.num_erased, house.texts()) == (True, 0, [OLD, NEW])
    wet = await house.memory.retention.run(ALPHA, is_dry=False)
    assert (wet.plan, wet.num_erased) == (dry.plan, 1)


async def test_what_is_held_stays_alone_or_with_its_thread() -> None:
    house = House()
    (held,) = await house.say(OLD, at=day(1))
    await house.memory.retention.set_policy(ALPHA, {"erase_after_days": 30})

    await house.memory.holds.hold_item(ALPHA, held, is_held=True)
    assert (await house.memory.retention.run(ALPHA, is_dry=False)).num_erased == 0
    await house.memory.holds.hold_item(ALPHA, held, is_held=False)
    await house.memory.holds.hold_thread(ALPHA, house.item(held).thread_id, is_held=True)
    assert (await house.memory.retention.run(ALPHA, is_dry=False)).num_erased == 0
    await house.memory.holds.hold_thread(ALPHA, house.item(held).thread_id, is_held=False)
    assert (await house.memory.retention.run(ALPHA, is_dry=False)).num_erased == 1


async def test_a_policy_that_is_none_is_refused_and_the_old_one_stays() -> None:
    house = House()
    kept = await house.memory.retention.set_policy(ALPHA, {"erase_after_days": 30})

    with pytest.raises(InvalidRequest) as refused:
        await house.memory.retention.set_policy(ALPHA, {"erase_after_days": 0})

    assert refused.value.param == "erase_after_days"
    assert await house.memory.retention.get_policy(ALPHA) == kept
    assert (await house.memory.retention.get_policy(BETA))["erase_after_days"] is None
