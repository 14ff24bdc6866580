import pytest

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.service.messages import MessageChange, MessageQuery, NewMessage
from tests.unit.memory.made_items import day
from tests.unit.memory.service.house import ALPHA, BETA, TALK, House


def new(content: str, role: Role = Role.USER, **more: object) -> NewMessage:
    return NewMessage(TALK, role, content, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contents", "param"), [([" \n"], "content"), (["a", ""], "items.1.content")]
)
async def test_a_blank_message_is_refused_and_named(contents: list[str], param: str) -> None:
    house = House()

    with pytest.raises(InvalidRequest) as refused:
        await house.memory.messages.add(ALPHA, [new(content) for content in contents])

    assert refused.value.param == param
    assert house.texts() == []


async def test_messages_are_kept_in_the_order_given() -> None:
    house = House()

    kept = await house.memory.messages.add(ALPHA, [new(text) for text in ("b", "a", "c")])

    assert [(one.text, one.position) for one in kept.messages] == [("b", 0), ("a", 1), ("c", 2)]


async def test_a_call_repeated_under_its_key_adds_nothing_and_another_adds_the_same_words() -> None:
    house = House()

    first = await house.memory.messages.add(ALPHA, [new("ship it")], "k")
    again = await house.memory.messages.add(ALPHA, [new("ship it")], "k")
    other = await house.memory.messages.add(ALPHA, [new("ship it")], "other")

    assert [one.item_id for one in first.messages] == [one.item_id for one in again.messages]
    assert first.messages[0].item_id != other.messages[0].item_id
    assert house.texts() == ["ship it", "ship it"]


async def test_a_dated_message_is_the_same_whenever_it_is_sent() -> None:
    house = House()

    kept = [
        (await house.memory.messages.add(ALPHA, [new("hello", occurred_at=day(3))])).messages[0]
        for _ in range(2)
    ]

    assert kept[0].item_id == kept[1].item_id
    assert kept[0].occurred_at == day(3)


async def test_an_importance_is_kept_with_its_message_and_reset() -> None:
    house = House()
    kept = await house.memory.messages.add(ALPHA, [new("hello", importance_override=0.9)])
    (message,) = kept.messages
    assert message.importance_override == house.item(message.item_id).importance_override == 0.9

    change = MessageChange(resets_importance=True)
    changed = await house.memory.messages.change(ALPHA, message.item_id, change)

    assert changed.messages[0].importance_override is None


async def test_what_is_derived_is_no_message() -> None:
    house = House()
    _, derived = await house.say("We use log4j for logging.")

    assert house.item(derived).kind is ItemKind.DECISION
    for call in (
        house.memory.messages.get(ALPHA, derived),
        house.memory.messages.erase(ALPHA, derived),
        house.memory.messages.change(ALPHA, derived, MessageChange("We use slf4j for logging.")),
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_changed_message_keeps_its_id_and_what_it_says_is_derived_again() -> None:
    house = House()
    message, _ = await house.say("We use log4j for logging.")

    kept = await house.memory.messages.change(
        ALPHA, message, MessageChange("We use slf4j for logging.")
    )

    assert [(one.item_id, one.text) for one in kept.messages] == [
        (message, "We use slf4j for logging.")
    ]
    assert await house.current() == ["We use slf4j for logging."]


async def test_new_metadata_leave_the_words() -> None:
    house = House()
    (message,) = await house.say("hello")

    await house.memory.messages.change(ALPHA, message, MessageChange(metadata={"a": 1}))

    assert (house.item(message).text, dict(house.item(message).metadata)) == ("hello", {"a": 1})


async def test_a_held_message_is_neither_changed_nor_erased() -> None:
    house = House()
    (message,) = await house.say("hello")
    await house.stores.changes.set_legal_hold(ALPHA, message, True)

    with pytest.raises(Conflict):
        await house.memory.messages.change(ALPHA, message, MessageChange("goodbye"))
    with pytest.raises(Conflict):
        await house.memory.messages.erase(ALPHA, message)

    assert house.texts() == ["hello"]


async def test_an_erased_message_takes_along_what_was_derived_from_it_alone() -> None:
    house = House()
    message, _ = await house.say("We use log4j for logging.")

    erased = await house.memory.messages.erase(ALPHA, message)

    assert (erased.num_items, erased.num_materials, house.texts()) == (2, 1, [])


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ({}, {"red apple", "green apple"}),
        ({"roles": frozenset({Role.ASSISTANT})}, {"green apple"}),
        ({"metadata": {"n": "3"}}, {"green apple"}),
        ({"since": day(2)}, {"green apple"}),
        ({"until": day(2)}, {"red apple"}),
        ({"importance_min": 0.9}, {"green apple"}),
    ],
)
async def test_a_search_finds_only_what_its_filters_admit(
    restriction: dict[str, object], expected: set[str]
) -> None:
    house = House()
    green = new("green apple", Role.ASSISTANT, metadata={"n": 3}, importance_override=0.95,
                occurred_at=day(2))  # fmt: skip
    await house.memory.messages.add(ALPHA, [new("red apple", occurred_at=day(1)), green])

    query = MessageQuery("apple", 10, **restriction)  # type: ignore[arg-type]
    found = await house.memory.messages.search(ALPHA, query)

    assert {one.item.text for one in found.found} == expected
    assert (await house.memory.messages.search(BETA, query)).found == ()


async def test_no_more_are_found_than_asked_for_each_with_its_importance_and_recency() -> None:
    house = House()
    await house.memory.messages.add(ALPHA, [new(f"apple {number}") for number in range(5)])

    found = await house.memory.messages.search(ALPHA, MessageQuery("apple", 2))

    assert len(found.found) == 2
    assert all({"importance", "recency"} <= set(one.components) for one in found.found)
