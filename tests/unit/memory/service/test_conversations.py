import pytest

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ThreadId
from tests.unit.memory.made_items import day
from tests.unit.memory.service.house import ALPHA, BETA, TALK, House

OTHER = ThreadId("other")


async def test_a_conversation_is_read_in_pages_the_oldest_message_first() -> None:
    house = House()
    for number in (3, 1, 2):
        await house.say(f"message {number}", at=day(number))
    await house.say("elsewhere", thread=OTHER)

    thread, first = await house.memory.conversations.read(ALPHA, TALK, None, 2)
    _, rest = await house.memory.conversations.read(ALPHA, TALK, first.next_cursor, 2)

    assert (thread.thread_id, thread.num_messages) == (TALK, 3)
    texts = [one.text for one in (*first.items, *rest.items)]
    assert texts == ["message 1", "message 2", "message 3"]
    assert rest.next_cursor is None


async def test_only_messages_are_read() -> None:
    house = House()
    await house.say("We use log4j for logging.")

    thread, page = await house.memory.conversations.read(ALPHA, TALK, None, 10)

    assert thread.num_items > thread.num_messages == len(page.items) == 1


async def test_a_conversation_that_is_not_there_is_not_found() -> None:
    house = House()
    await house.say("hello")

    for call in (
        house.memory.conversations.read(BETA, TALK, None, 10),
        house.memory.conversations.rename(ALPHA, OTHER, "title"),
        house.memory.conversations.measure(ALPHA, OTHER),
        house.memory.conversations.erase(ALPHA, OTHER),
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_name_stays_when_more_is_said() -> None:
    house = House()
    await house.say("hello")

    renamed = await house.memory.conversations.rename(ALPHA, TALK, "Greetings")
    await house.say("goodbye")

    assert renamed.title == "Greetings"
    listed, _ = await house.memory.conversations.list(ALPHA, None, 10)
    assert [(one.title, one.num_messages) for one in listed] == [("Greetings", 2)]


async def test_what_is_held_is_not_erased_until_it_is_let_go() -> None:
    house = House()
    await house.say("hello")
    await house.stores.threads.set_legal_hold(ALPHA, TALK, True)

    with pytest.raises(Conflict):
        await house.memory.conversations.erase(ALPHA, TALK)
    with pytest.raises(Conflict):
        await house.memory.conversations.erase_all(ALPHA)

    await house.stores.threads.set_legal_hold(ALPHA, TALK, False)
    erased = await house.memory.conversations.erase(ALPHA, TALK)
    assert (erased.num_items, erased.num_materials, erased.num_threads) == (1, 1, 1)
    assert house.texts() == []
