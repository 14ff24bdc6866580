import numpy as np

from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.store.memory.changes import ItemChangeStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.spaces import SpaceStore
from tests.integration.store.conftest import ALPHA
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
