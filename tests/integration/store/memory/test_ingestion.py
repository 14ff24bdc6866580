import asyncio
from datetime import timedelta

import pytest

from agent_memory.errors import Conflict, InvalidRequest
from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.items.ingestion import Remembered
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind, MaterialKind
from agent_memory.store.database import Database
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.transaction import Transaction
from tests.integration.store.conftest import ALPHA
from tests.integration.store.memory.books import audit, count_rows
from tests.integration.store.memory.examples import (
    BEGIN,
    THREAD,
    chat,
    draft,
    prepared,
    question,
)


async def test_what_was_remembered_is_read_back(
    ingestion: IngestionStore, items: ItemStore
) -> None:
    derived = draft(
        "use PostgreSQL",
        ItemKind.DECISION,
        source=0,
        subject="storage",
        context="on Monday",
        confidence=0.5,
        keys=(Key(KeyKind.FILE, "src/db.py"),),
        metadata={"n": [1, {"nul": "\x00"}]},
        speaker="Ann",
    )
    done = await ingestion.remember(
        ALPHA, [prepared(draft("We decided to use PostgreSQL"), derived)]
    )

    message, decision = [await items.get_item(ALPHA, item) for item in done.added]
    assert (message.kind, message.position, message.source_id) == (ItemKind.CHAT, 0, None)
    assert message.valid_from == message.occurred_at == BEGIN
    assert (decision.text, decision.subject, decision.speaker) == (
        "use PostgreSQL",
        "storage",
        "Ann",
    )
    assert (decision.source_id, decision.position) == (message.item_id, None)
    assert decision.keys == derived.keys
    assert decision.metadata == derived.metadata
    assert decision.confidence == 0.5
    material, notes = await items.get_material(ALPHA, done.materials[0])
    assert material.text == "We decided to use PostgreSQL\nuse PostgreSQL"
    assert list(notes) == []


async def test_the_same_thirty_times_adds_nothing(
    ingestion: IngestionStore, items: ItemStore, url: str
) -> None:
    first = await ingestion.remember(ALPHA, [chat("one thing", "another")])
    rows = count_rows(url, ALPHA)

    for _ in range(30):
        again = await ingestion.remember(ALPHA, [chat("one thing", "another")])
        assert again == Remembered(first.materials, (), (), num_known=2)

    assert count_rows(url, ALPHA) == rows
    assert (await items.get_item(ALPHA, first.added[0])).num_occurrences == 1


async def test_an_idempotency_key_returns_what_the_first_call_did(
    ingestion: IngestionStore,
) -> None:
    first = await ingestion.remember(ALPHA, [chat("one")], "key")

    assert await ingestion.remember(ALPHA, [chat("one")], "key") == first
    with pytest.raises(Conflict, match="'key'"):
        await ingestion.remember(ALPHA, [chat("two")], "key")


async def test_a_longer_version_of_a_chat_adds_only_what_is_new(
    ingestion: IngestionStore, items: ItemStore
) -> None:
    await ingestion.remember(ALPHA, [chat("hello there", "good morning")])
    done = await ingestion.remember(ALPHA, [chat("hello there", "good morning", "and goodbye")])

    assert (len(done.added), done.updated, done.num_known) == (1, (), 2)
    assert (await items.get_item(ALPHA, done.added[0])).position == 2


async def test_the_same_said_again_later_is_counted(
    ingestion: IngestionStore, items: ItemStore
) -> None:
    first = await ingestion.remember(ALPHA, [prepared(draft("the build is red"), text="1")])
    later = BEGIN + timedelta(days=1)
    done = await ingestion.remember(
        ALPHA, [prepared(draft("the build is red", at=later), text="2")]
    )

    assert (done.added, done.updated) == ((), first.added)
    item = await items.get_item(ALPHA, first.added[0])
    assert (item.num_occurrences, item.occurred_at, item.last_occurred_at) == (2, BEGIN, later)


async def test_equal_drafts_of_one_call_are_one_item(
    ingestion: IngestionStore, items: ItemStore
) -> None:
    later = BEGIN + timedelta(hours=1)
    done = await ingestion.remember(ALPHA, [prepared(draft("ok"), draft("ok", at=later))])

    (item,) = await items.get_items(ALPHA, done.added)
    assert (item.num_occurrences, item.last_occurred_at, done.num_known) == (2, later, 1)


async def test_text_that_postgresql_cannot_hold_comes_back_as_it_was(
    ingestion: IngestionStore, items: ItemStore
) -> None:
    text = "nul \x00 half \ud800 substitute \x1a done"
    done = await ingestion.remember(ALPHA, [prepared(draft("x " + "word"), text=text)])
    material, _ = await items.get_material(ALPHA, done.materials[0])
    assert material.text == text


@pytest.mark.parametrize("bad", ["", "a b", "x" * 129])
async def test_a_thread_id_that_may_not_be_is_refused(ingestion: IngestionStore, bad: str) -> None:
    with pytest.raises(InvalidRequest):
        await ingestion.remember(ALPHA, [chat("one", thread=ThreadId(bad))])


async def test_a_material_without_items_is_kept(
    ingestion: IngestionStore, items: ItemStore
) -> None:
    done = await ingestion.remember(ALPHA, [prepared(kind=MaterialKind.LOG, text="garbage")])

    assert done.added == ()
    material, _ = await items.get_material(ALPHA, done.materials[0])
    assert (material.kind, material.text) == (MaterialKind.LOG, "garbage")


async def test_concurrent_ingestions_agree_and_the_books_are_right(
    database: Database, ingestion: IngestionStore, url: str
) -> None:
    texts = [f"word{number % 7} common{number % 3} and more" for number in range(40)]
    threads = [ThreadId(f"thread{number}") for number in range(4)]

    await asyncio.gather(
        *(
            ingestion.remember(
                ALPHA, [chat(*texts[begin::5], *texts[::-1][begin::5], thread=thread)]
            )
            for thread in threads
            for begin in range(5)
        )
    )

    assert audit(url) == {}
    assert count_rows(url, ALPHA)["items"] == 4 * len(set(texts))


async def test_a_job_is_enqueued_in_the_same_transaction_or_nothing_is_written(
    database: Database, url: str
) -> None:
    async def fail(_: Transaction, __: WorkspaceId, remembered: Remembered) -> None:
        raise RuntimeError(f"no queue for {len(remembered.added)}")

    with pytest.raises(RuntimeError, match="no queue for 1"):
        await IngestionStore(database, fail).remember(ALPHA, [chat("one")])

    assert "items" not in count_rows(url, ALPHA)


async def test_what_was_acknowledged_is_found_at_once(
    ingestion: IngestionStore, search: SearchStore
) -> None:
    for number in range(5):
        done = await ingestion.remember(ALPHA, [chat(f"the number is zq{number}")])
        found = await search.search(ALPHA, question(f"zq{number}"))
        assert done.added[0] in {candidate.item.item_id for candidate in found.found}


async def test_positions_go_on_in_each_thread(ingestion: IngestionStore, items: ItemStore) -> None:
    await ingestion.remember(ALPHA, [chat("a1", "a2"), chat("b1", thread=ThreadId("other"))])
    await ingestion.remember(ALPHA, [chat("a3"), chat("b2", thread=ThreadId("other"))])

    listed, _ = await items.list_page(ALPHA, None, frozenset(), frozenset(), None, 100)
    positions = {item.text: item.position for item in listed}
    assert positions == {"a1": 0, "a2": 1, "a3": 2, "b1": 0, "b2": 1}
    assert {item.thread_id for item in listed} == {THREAD, "other"}
    assert all(isinstance(item.item_id, str) for item in listed)
    assert ItemId("nothing") not in {item.item_id for item in listed}
