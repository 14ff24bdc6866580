from datetime import timedelta

import pytest

from agent_memory.errors import Conflict, InvalidRequest
from agent_memory.ids import ItemId, ThreadId
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind, MaterialKind
from agent_memory.memory.ports import Ingestion, Search
from agent_memory.memory.service.composition import Reading
from tests.integration.store.conftest import ALPHA
from tests.integration.store.memory.examples import (
    BEGIN,
    THREAD,
    chat,
    draft,
    prepared,
    question,
)


async def test_what_was_remembered_is_read_back(ingestion: Ingestion, items: Reading) -> None:
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


async def test_an_idempotency_key_returns_what_the_first_call_did(
    ingestion: Ingestion,
) -> None:
    first = await ingestion.remember(ALPHA, [chat("one")], "key")

    assert await ingestion.remember(ALPHA, [chat("one")], "key") == first
    with pytest.raises(Conflict, match="'key'"):
        await ingestion.remember(ALPHA, [chat("two")], "key")


async def test_a_longer_version_of_a_chat_adds_only_what_is_new(
    ingestion: Ingestion, items: Reading
) -> None:
    await ingestion.remember(ALPHA, [chat("hello there", "good morning")])
    done = await ingestion.remember(ALPHA, [chat("hello there", "good morning", "and goodbye")])

    assert (len(done.added), done.updated, done.num_known) == (1, (), 2)
    assert (await items.get_item(ALPHA, done.added[0])).position == 2


async def test_the_same_said_again_later_is_counted(ingestion: Ingestion, items: Reading) -> None:
    first = await ingestion.remember(ALPHA, [prepared(draft("the build is red"), text="1")])
    later = BEGIN + timedelta(days=1)
    done = await ingestion.remember(
        ALPHA, [prepared(draft("the build is red", at=later), text="2")]
    )

    assert (done.added, done.updated) == ((), first.added)
    item = await items.get_item(ALPHA, first.added[0])
    assert (item.num_occurrences, item.occurred_at, item.last_occurred_at) == (2, BEGIN, later)


async def test_equal_drafts_of_one_call_are_one_item(ingestion: Ingestion, items: Reading) -> None:
    later = BEGIN + timedelta(hours=1)
    done = await ingestion.remember(ALPHA, [prepared(draft("ok"), draft("ok", at=later))])

    (item,) = await items.get_items(ALPHA, done.added)
    assert (item.num_occurrences, item.last_occurred_at, done.num_known) == (2, later, 1)


async def test_text_that_postgresql_cannot_hold_comes_back_as_it_was(
    ingestion: Ingestion, items: Reading
) -> None:
    text = "nul \x00 half \ud800 substitute \x1a done"
    done = await ingestion.remember(ALPHA, [prepared(draft("x " + "word"), text=text)])
    material, _ = await items.get_material(ALPHA, done.materials[0])
    assert material.text == text


@pytest.mark.parametrize("bad", ["", "a b", "x" * 129])
async def test_a_thread_id_that_may_not_be_is_refused(ingestion: Ingestion, bad: str) -> None:
    with pytest.raises(InvalidRequest):
        await ingestion.remember(ALPHA, [chat("one", thread=ThreadId(bad))])


async def test_a_material_without_items_is_kept(ingestion: Ingestion, items: Reading) -> None:
    done = await ingestion.remember(ALPHA, [prepared(kind=MaterialKind.LOG, text="garbage")])

    assert done.added == ()
    material, _ = await items.get_material(ALPHA, done.materials[0])
    assert (material.kind, material.text) == (MaterialKind.LOG, "garbage")


async def test_what_was_acknowledged_is_found_at_once(ingestion: Ingestion, search: Search) -> None:
    for number in range(5):
        done = await ingestion.remember(ALPHA, [chat(f"the number is zq{number}")])
        found = await search.search(ALPHA, question(f"zq{number}"))
        assert done.added[0] in {candidate.item.item_id for candidate in found.found}


async def test_positions_go_on_in_each_thread(ingestion: Ingestion, items: Reading) -> None:
    await ingestion.remember(ALPHA, [chat("a1", "a2"), chat("b1", thread=ThreadId("other"))])
    await ingestion.remember(ALPHA, [chat("a3"), chat("b2", thread=ThreadId("other"))])

    listed, _ = await items.list_page(ALPHA, None, frozenset(), frozenset(), None, 100)
    positions = {item.text: item.position for item in listed}
    assert positions == {"a1": 0, "a2": 1, "a3": 2, "b1": 0, "b2": 1}
    assert {item.thread_id for item in listed} == {THREAD, "other"}
    assert all(isinstance(item.item_id, str) for item in listed)
    assert ItemId("nothing") not in {item.item_id for item in listed}
