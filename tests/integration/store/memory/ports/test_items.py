import pytest

from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import ItemId, MaterialId, ThreadId
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind, Role
from agent_memory.memory.ports import Ingestion
from agent_memory.memory.service.composition import Reading
from agent_memory.memory.service.message_ports import Threads
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import BEGIN, THREAD, chat, draft, prepared


async def test_items_come_in_the_order_asked_for_and_others_are_left_out(
    ingestion: Ingestion, items: Reading
) -> None:
    first, second = (await ingestion.remember(ALPHA, [chat("one", "two")])).added

    got = await items.get_items(ALPHA, [second, ItemId("no\x00thing"), first])

    assert [item.item_id for item in got] == [second, first]
    assert await items.get_items(BETA, [first, second]) == []


async def test_ids_of_another_workspace_do_not_exist(
    ingestion: Ingestion, items: Reading, threads: Threads
) -> None:
    done = await ingestion.remember(ALPHA, [chat("one")])

    for call in (
        items.get_item(BETA, done.added[0]),
        items.find_history(BETA, done.added[0]),
        items.get_material(BETA, done.materials[0]),
        items.get_material(ALPHA, MaterialId("nothing")),
        threads.get_thread(BETA, THREAD),
        threads.measure_thread(BETA, THREAD),
        threads.set_title(BETA, THREAD, "mine"),
    ):
        with pytest.raises(NotFound):
            await call
    assert await items.find_linked(BETA, done.added[0], 10) == []


async def test_what_shares_the_most_and_rarest_keys_is_linked_first(
    ingestion: Ingestion, items: Reading
) -> None:
    def key(name: str) -> Key:
        return Key(KeyKind.SYMBOL, name)

    failure = draft("failure", ItemKind.TEST_FAILURE, keys=(key("common"), key("rare")))
    fix = draft("fix", ItemKind.DIFF, keys=(key("rare"),))
    noise = [draft(f"noise {n}", ItemKind.DIFF, keys=(key("common"),)) for n in range(5)]
    both = draft("both", ItemKind.DIFF, keys=(key("common"), key("rare")))
    done = await ingestion.remember(ALPHA, [prepared(failure, fix, *noise, both)])

    linked = await items.find_linked(ALPHA, done.added[0], 3)

    assert [item.text for item in linked][:2] == ["both", "fix"]
    assert len(linked) == 3


async def test_a_list_is_walked_page_by_page(ingestion: Ingestion, items: Reading) -> None:
    await ingestion.remember(ALPHA, [chat(*(f"text{number}" for number in range(7)))])
    everything = frozenset[str]()

    texts, cursor = [], None
    while True:
        page, cursor = await items.list_page(ALPHA, THREAD, everything, everything, cursor, 3)
        texts += [item.text for item in page]
        if cursor is None:
            break
    assert texts == [f"text{number}" for number in range(7)]
    with pytest.raises(InvalidRequest):
        await items.list_page(ALPHA, THREAD, everything, everything, "nonsense", 3)
    with pytest.raises(InvalidRequest):
        await items.list_page(ALPHA, THREAD, everything, everything, None, 0)


async def test_the_newest_of_a_kind_are_listed_first(ingestion: Ingestion, items: Reading) -> None:
    decision = draft("decided", ItemKind.DECISION, source=0)
    await ingestion.remember(ALPHA, [prepared(draft("said"), decision), chat("a", "b")])

    listed = await items.list_items(ALPHA, frozenset({"chat"}), THREAD, None, 2)
    assert [item.text for item in listed] == ["b", "said"] or listed[0].text == "b"
    decided = await items.list_items(ALPHA, frozenset({"decision"}), None, None, 10)
    assert [item.text for item in decided] == ["decided"]
    assert await items.list_items(ALPHA, frozenset(), ThreadId("none"), None, 10) == []
    assert await items.list_items(ALPHA, frozenset(), None, BEGIN.replace(year=2000), 10) == []


async def test_a_thread_tells_what_it_holds(ingestion: Ingestion, threads: Threads) -> None:
    decision = draft("decided", ItemKind.DECISION, source=0)
    await ingestion.remember(ALPHA, [prepared(draft("said"), decision), chat("ab", "cd")])
    await threads.set_title(ALPHA, THREAD, "About \x00 it")

    measured = await threads.measure_thread(ALPHA, THREAD)

    assert (measured.thread.title, measured.thread.num_items) == ("About \x00 it", 4)
    assert measured.thread.num_messages == 3
    assert measured.num_by_kind == {"chat": 3, "decision": 1}
    assert measured.num_by_role == {Role.USER: 3}
    assert measured.num_by_state == {"active": 4}
    assert measured.num_characters == len("said") + len("ab") + len("cd")
    assert measured.first_occurred_at == BEGIN


async def test_threads_are_listed_the_last_used_first(
    ingestion: Ingestion, threads: Threads
) -> None:
    for name in ("one", "two", "three", "one"):
        await ingestion.remember(ALPHA, [chat(f"text of {name}", thread=ThreadId(name))])

    page, cursor = await threads.list_threads(ALPHA, None, 2)
    rest, end = await threads.list_threads(ALPHA, cursor, 2)

    assert [thread.thread_id for thread in (*page, *rest)] == ["one", "three", "two"]
    assert end is None
    nothing, end = await threads.list_threads(BETA, None, 10)
    assert (list(nothing), end) == ([], None)
