import random

import psycopg

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.search.recalled import Candidate, Query
from agent_memory.store.database import Database
from agent_memory.store.memory.changes import ItemChangeStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import chat, draft, prepared, question


async def found(search: SearchStore, query: Query) -> dict[str, Candidate]:
    candidates = await search.search(ALPHA, query)
    assert not candidates.is_degraded
    return {one.item.text: one for one in candidates.found}


async def test_an_answer_is_found_beside_the_question_that_has_the_words(
    ingestion: IngestionStore, search: SearchStore
) -> None:
    await ingestion.remember(
        ALPHA,
        [chat("Where does the ferry leave?", "From the old pier.", "Thanks!", "Ferries, ferries.")],
    )

    texts = await found(search, question("ferry"))

    answer = texts["From the old pier."]
    assert (answer.bm25, answer.bm25_answered > 0) == (0.0, True)
    assert answer.bm25_window > 0
    assert texts["Thanks!"].bm25_answered == 0.0
    assert texts["Where does the ferry leave?"].coverage == 1.0


async def test_a_neighbour_that_arrives_later_is_heard_too(
    ingestion: IngestionStore, search: SearchStore
) -> None:
    await ingestion.remember(ALPHA, [chat("And now?")])
    assert "And now?" not in await found(search, question("ferry"))

    await ingestion.remember(ALPHA, [chat("The ferry has left.")])

    assert (await found(search, question("ferry")))["And now?"].bm25_window > 0


async def test_a_filter_that_excludes_nearly_all_still_finds_the_rest(
    ingestion: IngestionStore, search: SearchStore
) -> None:
    texts = [f"apple number{number}" for number in range(600)]
    wanted = prepared(draft("apple " + "filler " * 40, ItemKind.DECISION))
    await ingestion.remember(ALPHA, [chat(*texts), wanted])

    query = question("apple", kinds=frozenset({ItemKind.DECISION}))
    assert len(await found(search, query)) == 1


async def test_many_archived_items_do_not_hide_the_others(
    ingestion: IngestionStore, search: SearchStore, changes: ItemChangeStore
) -> None:
    archived = await ingestion.remember(
        ALPHA, [chat(*(f"apple {number}" for number in range(300)))]
    )
    await changes.archive(ALPHA, archived.added)
    await ingestion.remember(ALPHA, [chat("long words " * 20 + "apple", thread=ThreadId("other"))])

    assert len(await found(search, question("apple"))) == 1


async def test_questions_are_never_read_as_a_query_language(
    ingestion: IngestionStore, search: SearchStore
) -> None:
    await ingestion.remember(ALPHA, [chat("apple pie")])

    for text in (
        "apple -pie",
        "apple & | !",
        "'; DROP TABLE items; -- apple",
        'apple "pear"',
        "\x00 apple",
    ):
        assert "apple pie" in await found(search, question(text))
    for text in ("", "the of and", "?!", "\ud800"):
        assert await found(search, question(text)) == {}


async def test_a_search_that_takes_too_long_gives_what_it_has(
    database: Database, ingestion: IngestionStore, url: str
) -> None:
    keys = (Key(KeyKind.FILE, "a.py"),)
    await ingestion.remember(ALPHA, [prepared(draft("apple", keys=keys)), chat("apple too")])

    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE agent_memory.postings IN ACCESS EXCLUSIVE MODE")
        candidates = await SearchStore(database, timeout_s=0.2).search(
            ALPHA, question("apple", keys=keys)
        )

    assert candidates.is_degraded
    assert "time" in candidates.note
    assert [one.item.text for one in candidates.found] == ["apple"]


async def test_no_search_ever_shows_another_workspaces_items(
    ingestion: IngestionStore, search: SearchStore, items: ItemStore
) -> None:
    rng = random.Random(0)  # noqa: S311  reproducible
    words = [f"word{number}" for number in range(30)]
    own: dict[WorkspaceId, set[ItemId]] = {ALPHA: set(), BETA: set()}
    files = [Key(KeyKind.FILE, f"src/{name}.py") for name in "abc"]

    def made() -> Prepared:
        texts = [" ".join(rng.choices(words, k=6)) for _ in range(5)]
        return prepared(*(draft(text, keys=(rng.choice(files),)) for text in texts))

    for _ in range(10):
        for workspace, ids in own.items():
            ids.update((await ingestion.remember(workspace, [made()])).added)
    for _ in range(20):
        query = question(" ".join(rng.choices(words, k=4)), keys=(rng.choice(files),))
        for workspace, ids in own.items():
            shown = {one.item.item_id for one in (await search.search(workspace, query)).found}
            assert shown
            assert shown <= ids
            for item in rng.sample(sorted(ids), 3):
                linked = await items.find_linked(workspace, item, 100)
                assert {one.item_id for one in linked} <= ids


async def test_what_is_found_can_be_ranked(ingestion: IngestionStore, search: SearchStore) -> None:
    await ingestion.remember(
        ALPHA, [chat("The harbour closes at nine.", "I like apples.", "Harbour harbour?")]
    )
    query = question("when does the harbour close")

    ranked = rank((await search.search(ALPHA, query)).found, query)

    assert ranked[0].item.text == "The harbour closes at nine."
