import pytest

from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.service.recall import RecallRequest
from tests.unit.memory.made_items import day
from tests.unit.memory.service.house import ALPHA, BETA, House


async def test_what_is_recalled_is_logged_in_its_order() -> None:
    house = House()
    await house.say("a red gate", "a red gate under a red roof")

    result = await house.memory.recall.recall(ALPHA, RecallRequest("red roof gate", 100))

    assert [one.item.text for one in result.found.ranked] == [
        "a red gate under a red roof",
        "a red gate",
    ]
    ((workspace, impression),) = house.impressions.logged
    assert (workspace, impression.impression_id) == (ALPHA, result.found.recall_id)
    ids = [one.item.item_id for one in result.found.ranked]
    assert [(one.item_id, one.rank) for one in impression.shown] == list(
        zip(ids, (0, 1), strict=True)
    )


async def test_where_nothing_is_found_nothing_is_logged() -> None:
    house = House()
    await house.say("a red gate")

    result = await house.memory.recall.recall(ALPHA, RecallRequest("a blue ferry", 100))

    assert (result.found.ranked, result.packed.text) == ((), "")
    assert house.impressions.logged == []


async def test_another_workspace_recalls_nothing_of_this_one() -> None:
    house = House()
    await house.say("a red gate")

    result = await house.memory.recall.recall(BETA, RecallRequest("gate", 100))

    assert result.found.ranked == ()


async def test_what_is_packed_keeps_to_the_budget() -> None:
    house = House()
    for number in range(20):
        await house.say(f"the gate number {number} is painted red on both of its sides")

    result = await house.memory.recall.recall(ALPHA, RecallRequest("red gate", 60))

    assert 0 < len(result.packed.text.split()) <= 60


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ({}, {"the port is 1", "the port is 2"}),
        ({"since": day(5)}, {"the port is 2"}),
        ({"as_of": day(5)}, {"the port is 1"}),
        ({"kinds": frozenset({ItemKind.LOG})}, set()),
    ],
)
async def test_a_recall_looks_only_where_it_is_told_to(
    restriction: dict[str, object], expected: set[str]
) -> None:
    house = House()
    await house.say("the port is 1", at=day(1))
    await house.say("the port is 2", at=day(9))

    request = RecallRequest("port", 100, **restriction)  # type: ignore[arg-type]
    result = await house.memory.recall.recall(ALPHA, request)

    messages = [one.item for one in result.found.ranked if one.item.kind is ItemKind.CHAT]
    assert {one.text for one in messages} == expected
