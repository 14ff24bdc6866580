from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent_memory.ids import ThreadId
from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import ItemKind, KeyKind, MaterialKind, Role
from agent_memory.memory.ports import Ingestion, Search
from agent_memory.memory.search.recalled import Candidate, Query
from tests.integration.store.conftest import ALPHA
from tests.integration.store.memory.examples import BEGIN, draft, prepared, question


async def found(search: Search, query: Query) -> dict[str, Candidate]:
    candidates = await search.search(ALPHA, query)
    assert not candidates.is_degraded
    return {one.item.text: one for one in candidates.found}


async def test_an_item_is_found_by_the_keys_that_it_shares(
    ingestion: Ingestion, search: Search
) -> None:
    keys = (Key(KeyKind.FILE, "src/x/Foo.java"), Key(KeyKind.SYMBOL, "Foo.bar"))
    await ingestion.remember(
        ALPHA, [prepared(draft("a change", ItemKind.DIFF, keys=keys), kind=MaterialKind.DIFF)]
    )

    async def num_shared(*keys: Key) -> int:
        texts = await found(search, question("", keys=keys))
        return texts["a change"].num_shared_keys if texts else 0

    assert await num_shared(Key(KeyKind.FILE, "Foo.java")) == 1
    assert await num_shared(Key(KeyKind.FILE, "main/src/x/Foo.java")) == 1
    assert await num_shared(Key(KeyKind.FILE, "src/y/Foo.java")) == 0
    assert await num_shared(*keys) == 2
    assert await num_shared(Key(KeyKind.TEST, "Foo.bar")) == 0


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ({"thread_ids": (ThreadId("one"),)}, {"apple one", "apple decision"}),
        ({"kinds": frozenset({ItemKind.DECISION})}, {"apple decision"}),
        ({"roles": frozenset({Role.ASSISTANT})}, {"apple two"}),
        ({"metadata": {"colour": "red"}}, {"apple two"}),
        ({"metadata": {"num": "3"}}, {"apple two"}),
        ({"since": BEGIN + timedelta(days=1)}, {"apple two"}),
        ({"until": BEGIN + timedelta(days=1)}, {"apple one", "apple decision"}),
        ({"as_of": BEGIN + timedelta(hours=1)}, {"apple one", "apple decision"}),
        ({"as_of": BEGIN - timedelta(hours=1)}, set()),
    ],
)
async def test_filters_filter(
    ingestion: Ingestion, search: Search, restriction: dict[str, Any], expected: set[str]
) -> None:
    decision = draft("apple decision", ItemKind.DECISION, source=0)
    other = draft("apple two", at=BEGIN + timedelta(days=2), metadata={"colour": "red", "num": 3})
    await ingestion.remember(
        ALPHA,
        [
            prepared(draft("apple one"), decision, thread=ThreadId("one")),
            prepared(replace(other, role=Role.ASSISTANT), thread=ThreadId("two")),
        ],
    )

    assert set(await found(search, question("apple", **restriction))) == expected
