from dataclasses import replace

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import ThreadId
from agent_memory.memory.items.kinds import ItemKind, MaterialKind
from agent_memory.memory.search.recalled import Embedding
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.memory.vectors.stored_space import SpaceState
from agent_memory.store.database import Database
from agent_memory.store.memory.changes import ItemChangeStore
from agent_memory.store.memory.erasure import ErasureStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.memory.vector_arm import NUM_NEAREST
from agent_memory.store.memory.vector_index import VectorIndexStore
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.books import count_rows
from tests.integration.store.memory.examples import chat, draft, prepared, question

SPACE = EmbeddingSpace("made", "up", 3)
OTHER = EmbeddingSpace("made", "newer", 2)


def vectors(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


async def test_items_are_found_by_nearness_alone(
    ingestion: IngestionStore, items: ItemStore, spaces: SpaceStore, search: SearchStore
) -> None:
    done = await ingestion.remember(ALPHA, [chat("alpha", "beta"), chat("gamma")])
    await spaces.ensure_space(ALPHA, SPACE)
    stored = await spaces.list_unembedded(ALPHA, SPACE.space_id, 10)
    assert {item.item_id for item in stored} == set(done.added)
    in_order = await items.get_items(ALPHA, done.added)
    given = vectors((1, 0, 0), (0, 1, 0), (0, 0, 1))
    assert await spaces.put_vectors(ALPHA, SPACE.space_id, in_order, given) == 3
    assert await spaces.put_vectors(ALPHA, SPACE.space_id, in_order, given) == 0
    assert await spaces.list_unembedded(ALPHA, SPACE.space_id, 10) == []

    query = question("unrelated", limit=5)
    asked = Embedding(SPACE.space_id, (0.6, 0.8, 0.0))
    found = (await search.search(ALPHA, replace(query, embedding=asked))).found

    similarity = {one.item.text: one.similarity for one in found}
    assert similarity == pytest.approx({"alpha": 0.6, "beta": 0.8, "gamma": 0.0}, abs=1e-3)
    near = {one.item.text: one.similarity_near for one in found}
    assert near == pytest.approx({"alpha": 0.8, "beta": 0.6, "gamma": 0.8}, abs=1e-3)
    elsewhere = replace(question("x", thread_ids=(ThreadId("elsewhere"),)), embedding=asked)
    assert (await search.search(ALPHA, elsewhere)).found == ()


async def test_only_messages_lend_their_nearness_to_what_stands_beside_them(
    ingestion: IngestionStore, items: ItemStore, spaces: SpaceStore, search: SearchStore
) -> None:
    decision = draft("apple decision", ItemKind.DECISION, source=1)
    told = prepared(
        draft("apple one"), draft("two?  "), decision, draft("apple three"), draft("far"),
        draft("further"), draft("apple last"),
    )  # fmt: skip
    log = prepared(draft("apple log", ItemKind.LOG), kind=MaterialKind.LOG)
    added = (await ingestion.remember(ALPHA, [told, log])).added
    await spaces.ensure_space(ALPHA, SPACE)
    given = {"two?  ": (0, 1, 0), "apple decision": (1, 0, 0), "apple log": (0.6, 0.8, 0)}
    near = [item for item in await items.get_items(ALPHA, added) if item.text in given]
    await spaces.put_vectors(
        ALPHA, SPACE.space_id, near, vectors(*(given[item.text] for item in near))
    )

    query = replace(question("apple"), embedding=Embedding(SPACE.space_id, (1.0, 0.0, 0.0)))
    found = {one.item.text: one for one in (await search.search(ALPHA, query)).found}

    assert {text: one.similarity_near for text, one in found.items()} == pytest.approx(
        {
            "apple one": 0.0,
            "two?  ": None,
            "apple decision": None,
            "apple three": 0.0,
            "far": 0.0,
            "apple log": 0.6,
            "further": None,
            "apple last": None,
        },
        abs=1e-3,
    )
    assert found["apple decision"].similarity == pytest.approx(1.0)
    assert found["apple one"].similarity is None
    assert not any(one.bm25_answered for one in found.values())


async def test_an_index_of_a_workspace_finds_what_exact_search_finds(
    database: Database, ingestion: IngestionStore, spaces: SpaceStore, search: SearchStore
) -> None:
    rng = np.random.default_rng(0)
    for workspace in (ALPHA, BETA):
        await ingestion.remember(workspace, [chat(*(f"text{n}" for n in range(300)))])
        await spaces.ensure_space(workspace, SPACE)
        stored = await spaces.list_unembedded(workspace, SPACE.space_id, 300)
        given = rng.standard_normal((300, 3)).astype(np.float32)
        await spaces.put_vectors(workspace, SPACE.space_id, stored, given)
    query = replace(question("nothing"), embedding=Embedding(SPACE.space_id, (1.0, 2.0, 3.0)))
    exact = await search.search(ALPHA, query)
    indexes = VectorIndexStore(database, min_vectors=200)

    assert await indexes.ensure_index(ALPHA, SPACE.space_id)
    assert await indexes.ensure_index(ALPHA, SPACE.space_id)
    assert not await VectorIndexStore(database).ensure_index(BETA, SPACE.space_id)

    indexed = await search.search(ALPHA, query)
    wanted = {one.item.item_id for one in exact.found}
    assert len(wanted) >= NUM_NEAREST
    assert len(wanted & {one.item.item_id for one in indexed.found}) >= 0.95 * len(wanted)
    with pytest.raises(NotFound):
        await indexes.ensure_index(ALPHA, "no/such/3")


async def test_a_new_space_serves_when_every_item_has_a_vector_in_it(
    ingestion: IngestionStore, items: ItemStore, spaces: SpaceStore
) -> None:
    done = await ingestion.remember(ALPHA, [chat("one")])
    await spaces.ensure_space(ALPHA, SPACE)
    await spaces.ensure_space(ALPHA, OTHER)
    assert await spaces.find_serving(ALPHA) == SPACE

    with pytest.raises(Conflict, match="1 items have no vector"):
        await spaces.serve_space(ALPHA, OTHER.space_id)
    stored = await items.get_items(ALPHA, done.added)
    await spaces.put_vectors(ALPHA, OTHER.space_id, stored, vectors((1, 0)))
    await spaces.serve_space(ALPHA, OTHER.space_id)

    states = {space.space_id: space.state for space in await spaces.list_spaces(ALPHA)}
    assert states == {SPACE.space_id: SpaceState.RETIRED, OTHER.space_id: SpaceState.SERVING}
    await spaces.delete_space(ALPHA, SPACE.space_id)
    with pytest.raises(Conflict):
        await spaces.delete_space(ALPHA, OTHER.space_id)
    for call in (
        spaces.serve_space(BETA, OTHER.space_id),
        spaces.delete_space(BETA, OTHER.space_id),
        spaces.put_vectors(BETA, OTHER.space_id, stored, vectors((1, 0))),
    ):
        with pytest.raises(NotFound):
            await call


def vector_indexes(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'item_vectors_near_%'"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def test_the_index_of_a_space_goes_when_another_takes_its_place(
    database: Database, ingestion: IngestionStore, spaces: SpaceStore, url: str
) -> None:
    await ingestion.remember(ALPHA, [chat("one", "two")])
    for space, given in ((SPACE, ((1, 0, 0), (0, 1, 0))), (OTHER, ((1, 0), (0, 1)))):
        await spaces.ensure_space(ALPHA, space)
        stored = await spaces.list_unembedded(ALPHA, space.space_id, 2)
        await spaces.put_vectors(ALPHA, space.space_id, stored, vectors(*given))
    indexes = VectorIndexStore(database, min_vectors=1)
    assert await indexes.ensure_index(ALPHA, SPACE.space_id)
    assert vector_indexes(url) == 1

    await spaces.serve_space(ALPHA, OTHER.space_id)

    assert vector_indexes(url) == 0
    assert not await indexes.ensure_index(ALPHA, SPACE.space_id)
    assert vector_indexes(url) == 0
    assert await indexes.ensure_index(ALPHA, OTHER.space_id)
    await spaces.delete_space(ALPHA, SPACE.space_id)
    assert vector_indexes(url) == 1


async def test_the_index_of_a_space_goes_with_it(
    database: Database, ingestion: IngestionStore, spaces: SpaceStore, url: str
) -> None:
    await ingestion.remember(ALPHA, [chat("one")])
    for space in (SPACE, OTHER):
        await spaces.ensure_space(ALPHA, space)
    stored = await spaces.list_unembedded(ALPHA, OTHER.space_id, 1)
    await spaces.put_vectors(ALPHA, OTHER.space_id, stored, vectors((1, 0)))
    assert await VectorIndexStore(database, min_vectors=1).ensure_index(ALPHA, OTHER.space_id)

    await spaces.delete_space(ALPHA, OTHER.space_id)

    assert vector_indexes(url) == 0


async def test_a_vector_of_what_has_changed_or_gone_is_passed_over(
    ingestion: IngestionStore,
    items: ItemStore,
    spaces: SpaceStore,
    changes: ItemChangeStore,
    erasure: ErasureStore,
) -> None:
    done = await ingestion.remember(ALPHA, [chat("one"), chat("two")])
    await spaces.ensure_space(ALPHA, SPACE)
    stored = await items.get_items(ALPHA, done.added)
    await changes.replace_message(ALPHA, done.added[0], chat("another"))
    await erasure.erase_item(ALPHA, done.added[1])

    given = vectors((1, 0, 0), (0, 1, 0))
    assert await spaces.put_vectors(ALPHA, SPACE.space_id, stored, given) == 0
    with pytest.raises(InvalidRequest, match="3 dimensions"):
        await spaces.put_vectors(ALPHA, SPACE.space_id, stored, vectors((1, 0), (0, 1)))


async def test_what_cannot_be_embedded_is_counted_and_does_not_hold_up_a_space(
    ingestion: IngestionStore,
    items: ItemStore,
    spaces: SpaceStore,
    changes: ItemChangeStore,
    erasure: ErasureStore,
    url: str,
) -> None:
    done = await ingestion.remember(ALPHA, [chat("one"), chat("two")])
    await spaces.ensure_space(ALPHA, SPACE)
    await spaces.ensure_space(ALPHA, OTHER)
    one, two = await items.get_items(ALPHA, done.added)
    await spaces.put_vectors(ALPHA, OTHER.space_id, [one], vectors((1, 0)))

    for _ in range(2):
        await spaces.mark_unembeddable(ALPHA, OTHER.space_id, two)

    assert await spaces.list_unembedded(ALPHA, OTHER.space_id, 10) == []
    assert len(await spaces.list_unembedded(ALPHA, SPACE.space_id, 10)) == 2
    counts = {
        space.space_id: (space.num_vectors, space.num_missing, space.num_unembeddable)
        for space in await spaces.list_spaces(ALPHA)
    }
    assert counts == {SPACE.space_id: (0, 2, 0), OTHER.space_id: (1, 0, 1)}
    await spaces.serve_space(ALPHA, OTHER.space_id)

    await changes.replace_message(ALPHA, two.item_id, chat("another"))
    lacking = await spaces.list_unembedded(ALPHA, OTHER.space_id, 10)
    assert [item.text for item in lacking] == ["another"]
    await spaces.mark_unembeddable(ALPHA, OTHER.space_id, lacking[0])
    await erasure.erase_item(ALPHA, lacking[0].item_id)
    assert "unembeddable_items" not in count_rows(url, ALPHA)
