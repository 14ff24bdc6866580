import pytest

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import ThreadId
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.ports import Ingestion, Search
from agent_memory.memory.service.composition import Reading
from agent_memory.memory.service.message_ports import ItemChanges
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import chat, draft, prepared, question

SPACE = EmbeddingSpace("made", "up", 2)


async def test_a_replacement_that_cannot_be_is_refused(
    ingestion: Ingestion, changes: ItemChanges, items: Reading
) -> None:
    derived = draft("use mysql", ItemKind.DECISION, source=0)
    done = await ingestion.remember(ALPHA, [prepared(draft("we use mysql"), derived), chat("two")])
    message, decision, other = done.added

    with pytest.raises(Conflict, match="is not a message"):
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
    ingestion: Ingestion, changes: ItemChanges, items: Reading
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
    ingestion: Ingestion, changes: ItemChanges, items: Reading, search: Search
) -> None:
    (item,) = (await ingestion.remember(ALPHA, [chat("findable")])).added

    assert await changes.archive(ALPHA, [item]) == 1
    assert await changes.archive(ALPHA, [item]) == 0
    assert (await search.search(ALPHA, question("findable"))).found == ()
    archived = await search.search(ALPHA, question("findable", include_archived=True))
    assert [one.item.state for one in archived.found] == [ItemState.ARCHIVED]
    assert (await items.get_item(ALPHA, item)).text == "findable"
