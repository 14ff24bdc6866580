from agent_memory.ids import ThreadId
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.ports import Ingestion
from agent_memory.memory.service.message_ports import ItemChanges, MessageFinder
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import THREAD, chat, draft, prepared


async def test_messages_are_found_by_what_they_say_in_the_order_asked_for(
    ingestion: Ingestion, messages: MessageFinder
) -> None:
    await ingestion.remember(ALPHA, [chat("one", "two"), chat("one", thread=ThreadId("other"))])
    one, two = (draft(text).content_hash for text in ("one", "two"))
    wanted = [(THREAD, two), (THREAD, "nothing"), (THREAD, one), (ThreadId("nowhere"), one)]

    found = await messages.find_messages(ALPHA, wanted)

    assert [(item.thread_id, item.text) for item in found] == [(THREAD, "two"), (THREAD, "one")]
    assert list(await messages.find_messages(BETA, wanted)) == []


async def test_what_is_derived_is_no_message(ingestion: Ingestion, messages: MessageFinder) -> None:
    decision = draft("use it", ItemKind.DECISION, source=0)
    await ingestion.remember(ALPHA, [prepared(draft("we use it"), decision)])

    assert list(await messages.find_messages(ALPHA, [(THREAD, decision.content_hash)])) == []


async def test_a_replaced_message_is_found_by_its_new_text(
    ingestion: Ingestion, messages: MessageFinder, changes: ItemChanges
) -> None:
    old = draft("we use mysql"), draft("use mysql", ItemKind.DECISION, source=0)
    message, _ = (await ingestion.remember(ALPHA, [prepared(*old)])).added
    new = draft("we use sqlite"), draft("use sqlite", ItemKind.DECISION, source=0)

    changed = await changes.replace_message(ALPHA, message, prepared(*new))

    assert (changed.updated, len(changed.added)) == ((message,), 1)
    hashes = [(THREAD, text.content_hash) for text in (old[0], new[0])]
    (found,) = await messages.find_messages(ALPHA, hashes)
    assert (found.item_id, found.text, found.position) == (message, "we use sqlite", 0)
