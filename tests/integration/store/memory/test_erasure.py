from datetime import timedelta

import numpy as np
import pytest

from agent_memory.errors import NotFound
from agent_memory.ids import ThreadId
from agent_memory.memory.feedback import Impression, Shown, Verdict
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.store.memory.consolidations import ConsolidationStore
from agent_memory.store.memory.erasure import ErasureStore
from agent_memory.store.memory.feedback import FeedbackStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.memory.threads import ThreadStore
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.books import audit, count_rows
from tests.integration.store.memory.examples import (
    BEGIN,
    THREAD,
    chat,
    draft,
    prepared,
    question,
)

SPACE = EmbeddingSpace("made", "up", 2)


async def test_an_erased_item_leaves_nothing_behind(
    ingestion: IngestionStore,
    items: ItemStore,
    erasure: ErasureStore,
    spaces: SpaceStore,
    impressions: ImpressionStore,
    feedback: FeedbackStore,
    consolidations: ConsolidationStore,
    url: str,
) -> None:
    rows_before = count_rows(url, ALPHA)
    keys = (Key(KeyKind.FILE, "src/db.py"), Key(KeyKind.SYMBOL, "connect"))
    done = await ingestion.remember(ALPHA, [prepared(draft("use parseHttp in db.py", keys=keys))])
    (item_id,) = done.added
    await spaces.ensure_space(ALPHA, SPACE)
    stored = await items.get_items(ALPHA, [item_id])
    await spaces.put_vectors(ALPHA, SPACE.space_id, stored, np.ones((1, 2), np.float32))
    await impressions.log_impression(ALPHA, Impression("i", 0, (Shown(item_id, 0, {"x": 1.0}),)))
    await feedback.add_feedback(ALPHA, [item_id], Verdict.HELPFUL, "i")
    await consolidations.put_bands(ALPHA, {item_id: (1, -2)})

    erased = await erasure.erase_item(ALPHA, item_id)

    assert (erased.num_items, erased.num_materials) == (1, 1)
    rows = count_rows(url, ALPHA)
    assert set(rows) - set(rows_before) == {"threads", "embedding_spaces", "memory_statistics"}
    assert audit(url) == {}
    with pytest.raises(NotFound):
        await items.get_item(ALPHA, item_id)
    with pytest.raises(NotFound):
        await erasure.erase_item(ALPHA, item_id)


async def test_what_was_derived_from_it_alone_goes_too(
    ingestion: IngestionStore, items: ItemStore, erasure: ErasureStore, url: str
) -> None:
    later = BEGIN + timedelta(hours=1)
    decision = draft("use PostgreSQL", ItemKind.DECISION, source=0)
    repeated = draft("deploy on Monday", ItemKind.DECISION, source=0)
    first = await ingestion.remember(ALPHA, [prepared(draft("first text"), decision, repeated)])
    repeated = draft("deploy on Monday", ItemKind.DECISION, source=0, at=later)
    await ingestion.remember(ALPHA, [prepared(draft("second text", at=later), repeated)])

    erased = await erasure.erase_item(ALPHA, first.added[0])

    assert erased.num_items == 2
    left = await items.list_items(ALPHA, frozenset({"decision"}), None, None, 10)
    assert [(item.text, item.source_id, item.num_occurrences) for item in left] == [
        ("deploy on Monday", None, 1)
    ]
    assert audit(url) == {}


async def test_a_thread_goes_with_all_that_it_holds(
    ingestion: IngestionStore, erasure: ErasureStore, threads: ThreadStore, url: str
) -> None:
    other = ThreadId("other")
    await ingestion.remember(ALPHA, [chat("one", "two"), chat("three", thread=other)])

    erased = await erasure.erase_thread(ALPHA, THREAD)

    assert (erased.num_items, erased.num_materials, erased.num_threads) == (2, 1, 1)
    assert [thread.thread_id for thread in (await threads.list_threads(ALPHA, None, 10))[0]] == [
        other
    ]
    assert audit(url) == {}
    with pytest.raises(NotFound):
        await erasure.erase_thread(ALPHA, THREAD)


async def test_the_whole_memory_goes_and_the_other_workspaces_stays(
    ingestion: IngestionStore, erasure: ErasureStore, search: SearchStore, url: str
) -> None:
    empty = count_rows(url, ALPHA)
    for workspace in (ALPHA, BETA):
        await ingestion.remember(workspace, [chat("one", "two")], "key")
    kept = count_rows(url, BETA)

    erased = await erasure.erase_all(ALPHA)

    assert (erased.num_items, erased.num_materials, erased.num_threads) == (2, 1, 1)
    assert count_rows(url, ALPHA) == empty
    assert count_rows(url, BETA) == kept
    assert (await search.search(ALPHA, question("one"))).found == ()
