import pytest

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId
from agent_memory.memory.ports import Ingestion
from agent_memory.memory.service.composition import Reading
from agent_memory.memory.service.message_ports import Erasure, ItemChanges, Threads
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import (
    THREAD,
    chat,
    draft,
    prepared,
)

SPACE = EmbeddingSpace("made", "up", 2)


async def test_a_message_is_blanked_in_a_raw_text_that_it_shares(
    ingestion: Ingestion, items: Reading, erasure: Erasure
) -> None:
    text = "my name is Ann\x00\nI like tea"
    spans = draft("my name is Ann"), draft("I like tea")
    done = await ingestion.remember(ALPHA, [prepared(*spans, text=text)])

    await erasure.erase_item(ALPHA, done.added[0])

    material, _ = await items.get_material(ALPHA, done.materials[0])
    assert material.text == "\N{FULL BLOCK}" * len("my name is Ann") + "\x00\nI like tea"


async def test_what_is_under_legal_hold_stays(
    ingestion: Ingestion,
    erasure: Erasure,
    changes: ItemChanges,
    threads: Threads,
) -> None:
    done = await ingestion.remember(ALPHA, [chat("one", "two")])
    held, free = done.added
    await changes.set_legal_hold(ALPHA, held, True)

    for call in (
        erasure.erase_item(ALPHA, held),
        erasure.erase_thread(ALPHA, THREAD),
        erasure.erase_all(ALPHA),
    ):
        with pytest.raises(Conflict, match="legal hold"):
            await call
    assert (await erasure.erase_items(ALPHA, [held, free, ItemId("no")])).num_items == 1

    await changes.set_legal_hold(ALPHA, held, False)
    await threads.set_legal_hold(ALPHA, THREAD, True)
    with pytest.raises(Conflict, match="legal hold"):
        await erasure.erase_item(ALPHA, held)
    await threads.set_legal_hold(ALPHA, THREAD, False)
    assert (await erasure.erase_thread(ALPHA, THREAD)).num_items == 1


async def test_another_workspace_cannot_erase(
    ingestion: Ingestion, erasure: Erasure, items: Reading
) -> None:
    done = await ingestion.remember(ALPHA, [chat("one")])

    with pytest.raises(NotFound):
        await erasure.erase_item(BETA, done.added[0])
    with pytest.raises(NotFound):
        await erasure.erase_thread(BETA, THREAD)
    assert (await erasure.erase_items(BETA, done.added)).num_items == 0
    assert (await items.get_item(ALPHA, done.added[0])).text == "one"
