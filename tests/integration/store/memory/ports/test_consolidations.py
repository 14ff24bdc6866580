from datetime import timedelta

import pytest

from agent_memory.errors import Conflict, NotFound
from agent_memory.memory.consolidation.bands import bands_of
from agent_memory.memory.consolidation.consolidate import consolidate
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.ports import Ingestion, Search
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.service.composition import Reading
from agent_memory.memory.service.consolidate import Consolidations
from agent_memory.memory.service.message_ports import Erasure
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import BEGIN, NOW, draft, prepared, question

LATER = BEGIN + timedelta(days=3)


async def test_a_newer_statement_takes_the_place_of_the_older_and_gives_it_back(
    ingestion: Ingestion,
    items: Reading,
    search: Search,
    consolidations: Consolidations,
) -> None:
    older = draft("the database is mysql", ItemKind.DECISION, subject="database")
    newer = draft("the database is postgresql", ItemKind.DECISION, at=LATER, subject="database")
    first, second = (await ingestion.remember(ALPHA, [prepared(older, newer)])).added
    known = await consolidations.list_by_subject(ALPHA, ["database"], 10)
    plan = consolidate(known, NOW)

    (done,) = await consolidations.apply_plan(ALPHA, plan)

    old = await items.get_item(ALPHA, first)
    assert (old.state, old.valid_to, old.successor_id) == (ItemState.SUPERSEDED, LATER, second)
    assert [one.item_id for one in await items.find_history(ALPHA, second)] == [first, second]
    query = question("which database is it, mysql?")
    ranked = rank((await search.search(ALPHA, query)).found, query)
    assert [one.item.item_id for one in ranked] == [second, first]
    then = question("database", as_of=BEGIN + timedelta(days=1))
    assert [one.item.item_id for one in (await search.search(ALPHA, then)).found] == [first]
    listed = await items.list_items(ALPHA, frozenset(), None, None, 10)
    assert [one.item_id for one in listed] == [second]
    with pytest.raises(Conflict, match="has changed"):
        await consolidations.apply_plan(ALPHA, plan)

    await consolidations.undo(ALPHA, done)

    assert await items.get_item(ALPHA, first) == next(one for one in known if one.item_id == first)
    records, _ = await consolidations.list_consolidations(ALPHA, None, 10)
    assert [(one.consolidation_id, one.undone_at is None) for one in records] == [(done, False)]
    with pytest.raises(Conflict, match="already undone"):
        await consolidations.undo(ALPHA, done)
    with pytest.raises(NotFound):
        await consolidations.undo(BETA, done)


async def test_near_duplicates_are_found_by_their_bands_and_merged(
    ingestion: Ingestion,
    items: Reading,
    search: Search,
    consolidations: Consolidations,
) -> None:
    text = "the deployment of the payment service failed because its certificate had expired"
    drafts = [draft(text, ItemKind.ERROR), draft(text + " again", ItemKind.ERROR, at=LATER)]
    other = draft("something else entirely is said in this one", ItemKind.ERROR)
    done = await ingestion.remember(ALPHA, [prepared(*drafts, other)])
    unbanded = await consolidations.list_unbanded(ALPHA, 10)
    assert {one.item_id for one in unbanded} == set(done.added)
    await consolidations.put_bands(ALPHA, {one.item_id: bands_of(one.text) for one in unbanded})
    assert await consolidations.list_unbanded(ALPHA, 10) == []

    near = await consolidations.find_near(ALPHA, bands_of(text), 10)
    assert [one.item_id for one in near] == list(done.added[:2])
    assert await consolidations.find_near(BETA, bands_of(text), 10) == []
    await consolidations.apply_plan(ALPHA, consolidate(near, NOW))

    kept, merged = await items.get_items(ALPHA, done.added[:2])
    assert (kept.num_occurrences, kept.last_occurred_at) == (2, LATER)
    assert (merged.state, merged.successor_id) == (ItemState.MERGED, kept.item_id)
    found = await search.search(ALPHA, question("certificate expired"))
    assert [one.item.item_id for one in found.found] == [kept.item_id]


async def test_what_took_the_place_of_another_gives_it_back_when_it_is_erased(
    ingestion: Ingestion,
    items: Reading,
    consolidations: Consolidations,
    erasure: Erasure,
) -> None:
    statements = [
        draft(f"the port is {number}", ItemKind.DECISION, at=BEGIN + timedelta(days=number),
              subject="port")
        for number in (1, 2, 3)
    ]  # fmt: skip
    one, two, three = (await ingestion.remember(ALPHA, [prepared(*statements)])).added
    known = await consolidations.list_by_subject(ALPHA, ["port"], 10)
    await consolidations.apply_plan(ALPHA, consolidate(known, NOW))

    await erasure.erase_item(ALPHA, two)
    assert (await items.get_item(ALPHA, one)).successor_id == three
    await erasure.erase_item(ALPHA, three)

    left = await items.get_item(ALPHA, one)
    assert (left.state, left.valid_to, left.successor_id) == (ItemState.ACTIVE, None, None)
