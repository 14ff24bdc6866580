"""Texts that arrive together are embedded together."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from agent_memory.errors import EmbeddingUnavailable, InvalidRequest, QueueFull
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.embedding_queue import EmbeddingQueue

DOCUMENT, QUERY = Purpose.DOCUMENT, Purpose.QUERY


class Lengths:
    """Embeds a text as its length. Refuses "bad", breaks at "bug", is away while `is_away`."""

    space = EmbeddingSpace("test", "lengths", 1)

    def __init__(self) -> None:
        self.batches: list[tuple[Purpose, list[str]]] = []
        self.is_away = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.is_closed = False

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Embedded:
        self.batches.append((purpose, list(texts)))
        if purpose is DOCUMENT:
            await self.may_go_on.wait()
        if self.is_away:
            raise EmbeddingUnavailable("away")
        if "bad" in texts:
            raise InvalidRequest("bad", "input")
        if "bug" in texts:
            raise RuntimeError("a bug")
        vectors = np.array([[len(text)] for text in texts], np.float32)
        return Embedded(vectors, tuple(len(text) for text in texts))

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def provider() -> Lengths:
    return Lengths()


async def test_callers_of_one_moment_share_a_batch(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider)

    first, second = await asyncio.gather(
        queue.embed(["a", "bb"], DOCUMENT), queue.embed(["ccc"], DOCUMENT)
    )

    assert provider.batches == [(DOCUMENT, ["a", "bb", "ccc"])]
    assert first.vectors.tolist() == [[1], [2]]
    assert second.vectors.tolist() == [[3]]
    assert second.num_tokens == (3,)
    assert queue.num_waiting == 0


async def test_a_batch_has_a_bound_but_no_caller_is_cut(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider, max_batch=3)

    await asyncio.gather(
        queue.embed(["a", "b"], DOCUMENT),
        queue.embed(["c", "d"], DOCUMENT),
        queue.embed(list("efgh"), DOCUMENT),
    )

    assert [texts for _, texts in provider.batches] == [["a", "b"], ["c", "d"], list("efgh")]


async def test_a_question_does_not_wait_behind_documents(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider)
    provider.may_go_on.clear()
    documents = asyncio.create_task(queue.embed(["a"] * 100, DOCUMENT))
    await asyncio.sleep(0.01)

    assert (await queue.embed(["why?"], QUERY)).vectors.tolist() == [[4]]

    assert not documents.done()
    provider.may_go_on.set()
    await documents


async def test_too_much_waiting_is_refused(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider, max_waiting=10)
    provider.may_go_on.clear()
    big = asyncio.create_task(queue.embed(["a"] * 12, DOCUMENT))
    await asyncio.sleep(0.01)

    with pytest.raises(QueueFull):
        await queue.embed(["b"], DOCUMENT)

    provider.may_go_on.set()
    assert len((await big).vectors) == 12
    assert len((await queue.embed(["b"], DOCUMENT)).vectors) == 1


async def test_what_one_caller_sent_wrongly_fails_for_nobody_else(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider)

    good, bad = await asyncio.gather(
        queue.embed(["good"], DOCUMENT), queue.embed(["bad"], DOCUMENT), return_exceptions=True
    )

    assert isinstance(good, Embedded)
    assert isinstance(bad, InvalidRequest)


async def test_a_provider_that_is_away_is_everybodys_error_and_the_next_is_served(
    provider: Lengths,
) -> None:
    queue = EmbeddingQueue(provider)
    provider.is_away = True
    errors = await asyncio.gather(
        *(queue.embed([text], DOCUMENT) for text in "ab"), return_exceptions=True
    )
    provider.is_away = False

    assert [type(error) for error in errors] == [EmbeddingUnavailable] * 2
    assert len((await queue.embed(["c"], DOCUMENT)).vectors) == 1


async def test_a_bug_of_the_provider_leaves_nobody_waiting(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider)

    with pytest.raises(EmbeddingUnavailable, match="see its log"):
        await queue.embed(["bug"], DOCUMENT)

    assert len((await queue.embed(["c"], DOCUMENT)).vectors) == 1


async def test_whoever_went_away_is_not_embedded_for(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider, gather_s=0.01)
    gone = asyncio.create_task(queue.embed(["gone"], DOCUMENT))
    await asyncio.sleep(0)
    gone.cancel()

    await queue.embed(["here"], DOCUMENT)

    assert [texts for _, texts in provider.batches] == [["here"]]


async def test_closing_tells_whoever_waits(provider: Lengths) -> None:
    queue = EmbeddingQueue(provider)
    provider.may_go_on.clear()
    running = asyncio.create_task(queue.embed(["running"], DOCUMENT))
    await asyncio.sleep(0.01)
    waiting = asyncio.create_task(queue.embed(["waiting"], DOCUMENT))
    await asyncio.sleep(0.01)

    await queue.close()

    for task in (running, waiting):
        with pytest.raises(EmbeddingUnavailable):
            await task
    assert provider.is_closed
