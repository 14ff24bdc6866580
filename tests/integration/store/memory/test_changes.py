import numpy as np
import pytest

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import ThreadId
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, ItemState, KeyKind
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.store.memory.changes import ItemChangeStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.spaces import SpaceStore
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.books import audit
from tests.integration.store.memory.examples import chat, draft, prepared, question

SPACE = EmbeddingSpace("made", "up", 2)


async def test_a_replaced_message_is_found_by_its_new_words_only(
    ingestion: IngestionStore,
    changes: ItemChangeStore,
    search: SearchStore,
    items: ItemStore,
    spaces: SpaceStore,
    url: str,
) -> None:
    old = draft("we use mysql", keys=(Key(KeyKind.FILE, "old.py"),))
    derived = draft("use mysql", ItemKind.DECISION, source=0)
    done = await ingestion.remember(ALPHA, [chat("before"), prepared(old, derived), chat("after")])
    message = done.added[1]
    await spaces.ensure_space(ALPHA, SPACE)
    await spaces.put_vectors(
        ALPHA, SPACE.space_id, await items.get_items(ALPHA, [message]), np.ones((1, 2), np.float32)
    )

    new = draft("we use postgresql", keys=(Key(KeyKind.FILE, "new.py"),))
    decision = draft("use postgresql", ItemKind.DECISION, source=0)
    changed = await changes.replace_message(ALPHA, message, prepared(new, decision))

    assert changed.updated == (message,)
    item = await items.get_item(ALPHA, message)
    assert (item.text, item.position, item.keys) == ("we use postgresql", 1, new.keys)
    (fresh,) = await items.get_items(ALPHA, changed.added)
    assert (fresh.text, fresh.source_id) == ("use postgresql", message)
    assert (await search.search(ALPHA, question("mysql"))).found == ()
    by_file = await search.search(ALPHA, question("", keys=(Key(KeyKind.FILE, "new.py"),)))
    assert [found.item.item_id for found in by_file.found] == [message]
    assert message in {
        item.item_id for item in await spaces.list_unembedded(ALPHA, SPACE.space_id, 10)
    }
    material, _ = await items.get_material(ALPHA, item.material_id)
    assert material.text == "we use postgresql\nuse postgresql"
    assert audit(url) == {}


async def test_replacing_by_the_same_text_is_allowed(
    ingestion: IngestionStore, changes: ItemChangeStore, items: ItemStore, url: str
) -> None:
    done = await ingestion.remember(ALPHA, [chat("same"), chat("other")])

    await changes.replace_message(ALPHA, done.added[0], chat("same"))

    assert (await items.get_item(ALPHA, done.added[0])).text == "same"
    assert audit(url) == {}


async def test_a_replacement_that_cannot_be_is_refused(
    ingestion: IngestionStore, changes: ItemChangeStore, items: ItemStore
) -> None:
    derived = draft("use mysql", ItemKind.DECISION, source=0)
    done = await ingestion.remember(ALPHA, [prepared(draft("we use mysql"), derived), chat("two")])
    message, decision, other = done.added

    with pytest.raises(Conflict, match="not a message"):
        await changes.replace_message(ALPHA, decision, chat("x"))
    with pytest.raises(Conflict, match="already has a message of this text"):
        await changes.replace_message(ALPHA, message, chat("two"))
    with pytest.raises(InvalidRequest):
        await changes.replace_message(ALPHA, message, chat("x", thread=ThreadId("elsewhere")))
    with pytest.raises(NotFound):
        await changes.replace_message(BETA, message, chat("x"))
    await changes.set_legal_hold(ALPHA, other, True)
    with pytest.raises(Conflict, match="legal hold"):
        await changes.replace_message(ALPHA, other, chat("x"))
    assert (await items.get_item(ALPHA, message)).text == "we use mysql"


async def test_importance_metadata_and_hold_are_set(
    ingestion: IngestionStore, changes: ItemChangeStore, items: ItemStore
) -> None:
    (item,) = (await ingestion.remember(ALPHA, [chat("one")])).added

    await changes.set_importance(ALPHA, item, 0.75)
    await changes.set_metadata(ALPHA, item, {"a": ["\x00"]})
    await changes.set_legal_hold(ALPHA, item, True)

    stored = await items.get_item(ALPHA, item)
    assert (stored.importance_override, stored.metadata, stored.legal_hold) == (
        0.75,
        {"a": ["\x00"]},
        True,
    )
    await changes.set_importance(ALPHA, item, None)
    assert (await items.get_item(ALPHA, item)).importance_override is None
    with pytest.raises(InvalidRequest):
        await changes.set_importance(ALPHA, item, 1.5)
    with pytest.raises(NotFound):
        await changes.set_importance(BETA, item, 0.5)


async def test_an_archived_item_is_found_only_when_asked_for(
    ingestion: IngestionStore, changes: ItemChangeStore, items: ItemStore, search: SearchStore
) -> None:
    (item,) = (await ingestion.remember(ALPHA, [chat("findable")])).added

    assert await changes.archive(ALPHA, [item]) == 1
    assert await changes.archive(ALPHA, [item]) == 0
    assert (await search.search(ALPHA, question("findable"))).found == ()
    archived = await search.search(ALPHA, question("findable", include_archived=True))
    assert [one.item.state for one in archived.found] == [ItemState.ARCHIVED]
    assert (await items.get_item(ALPHA, item)).text == "findable"

    assert await changes.unarchive(ALPHA, [item]) == 1
    assert len((await search.search(ALPHA, question("findable"))).found) == 1
