import asyncio

import pytest

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.ingestion import Remembered
from agent_memory.store.database import Database
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.transaction import Transaction
from tests.integration.store.conftest import ALPHA
from tests.integration.store.memory.books import audit, count_rows
from tests.integration.store.memory.examples import (
    chat,
)


async def test_the_same_thirty_times_adds_nothing(
    ingestion: IngestionStore, items: ItemStore, url: str
) -> None:
    first = await ingestion.remember(ALPHA, [chat("one thing", "another")])
    rows = count_rows(url, ALPHA)

    for _ in range(30):
        again = await ingestion.remember(ALPHA, [chat("one thing", "another")])
        assert again == Remembered(first.materials, (), (), num_known=2)

    assert count_rows(url, ALPHA) == rows
    assert (await items.get_item(ALPHA, first.added[0])).num_occurrences == 1


async def test_concurrent_ingestions_agree_and_the_books_are_right(
    database: Database, ingestion: IngestionStore, url: str
) -> None:
    texts = [f"word{number % 7} common{number % 3} and more" for number in range(40)]
    threads = [ThreadId(f"thread{number}") for number in range(4)]

    await asyncio.gather(
        *(
            ingestion.remember(
                ALPHA, [chat(*texts[begin::5], *texts[::-1][begin::5], thread=thread)]
            )
            for thread in threads
            for begin in range(5)
        )
    )

    assert audit(url) == {}
    assert count_rows(url, ALPHA)["items"] == 4 * len(set(texts))


async def test_a_job_is_enqueued_in_the_same_transaction_or_nothing_is_written(
    database: Database, url: str
) -> None:
    async def fail(_: Transaction, __: WorkspaceId, remembered: Remembered) -> None:
        raise RuntimeError(f"no queue for {len(remembered.added)}")

    with pytest.raises(RuntimeError, match="no queue for 1"):
        await IngestionStore(database, fail).remember(ALPHA, [chat("one")])

    assert "items" not in count_rows(url, ALPHA)
