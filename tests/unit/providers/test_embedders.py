"""The pool of embedders as it is called, over actors that are not there."""

from collections.abc import Sequence

import numpy as np
import pytest

from agent_memory.errors import (
    EmbeddingRefused,
    EmbeddingUnavailable,
    InvalidRequest,
)
from agent_memory.ids import WorkspaceId
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.embedder_stats import EmbedderStats
from agent_memory.providers.embedders import Embedders
from agent_memory.providers.minilm.provider import MINILM_SPACE
from agent_memory.settings import Settings

WORKSPACE = WorkspaceId("ws")
OTHER = EmbeddingSpace("openai", "other", 384)


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


class FakeEmbedder:
    """An embedder that is asked in this process. `error`: what the next calls raise."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[tuple[EmbeddingSpace, list[str]]] = []

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose, timeout_s: float
    ) -> Embedded:
        assert timeout_s > 0
        assert isinstance(purpose, Purpose)
        self.asked.append((space, list(texts)))
        if self.error is not None:
            raise self.error
        return Embedded(np.ones((len(texts), 2), np.float32), (1,) * len(texts))

    async def stats(self, timeout_s: float) -> EmbedderStats:
        assert timeout_s > 0
        return EmbedderStats(0, 3, 30, 0, 0.1, "")


class Spaces:
    def __init__(self, space: EmbeddingSpace | None) -> None:
        self.space = space

    async def find_serving(self, workspace: WorkspaceId) -> EmbeddingSpace | None:
        del workspace
        return self.space


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def handle(embedder: FakeEmbedder, clock: Clock) -> Embedders:
    return Embedders(Settings(), Spaces(MINILM_SPACE), [embedder], clock)


async def test_a_question_is_embedded_in_the_space_that_serves(
    embedder: FakeEmbedder, clock: Clock
) -> None:
    handle = Embedders(Settings(), Spaces(OTHER), [embedder], clock)

    embedding = await handle.embed_query(WORKSPACE, "why?")

    assert embedding is not None
    assert (embedding.space_id, embedding.vector) == (OTHER.space_id, (1.0, 1.0))
    assert embedder.asked == [(OTHER, ["why?"])]


async def test_without_vectors_nobody_is_asked(embedder: FakeEmbedder, clock: Clock) -> None:
    handle = Embedders(Settings(), Spaces(None), [embedder], clock)
    assert await handle.embed_query(WORKSPACE, "why?") is None

    off = Embedders(Settings(embedding_provider="none"), Spaces(OTHER), [embedder], clock)
    assert await off.embed_query(WORKSPACE, "why?") is None

    assert embedder.asked == []
    assert (await off.condition()).state == "off"


async def test_a_provider_that_fails_is_soon_left_alone_and_later_tried_again(
    handle: Embedders, embedder: FakeEmbedder, clock: Clock
) -> None:
    embedder.error = EmbeddingUnavailable("it is away")
    for _ in range(10):
        assert await handle.embed_query(WORKSPACE, "why?") is None
    assert len(embedder.asked) == 3
    condition = await handle.condition()
    assert condition.state == "failing"
    assert "it is away" in condition.last_error

    embedder.error = None
    clock.now += 60
    assert await handle.embed_query(WORKSPACE, "why?") is not None
    assert (await handle.condition()).state == "ready"


async def test_while_it_is_left_alone_documents_are_refused_with_the_reason(
    handle: Embedders, embedder: FakeEmbedder
) -> None:
    embedder.error = EmbeddingRefused("wrong key")
    with pytest.raises(EmbeddingRefused):
        await handle.embed(MINILM_SPACE, ["a"], Purpose.DOCUMENT)

    with pytest.raises(EmbeddingUnavailable, match="wrong key"):
        await handle.embed(MINILM_SPACE, ["a"], Purpose.DOCUMENT)
    assert len(embedder.asked) == 1


async def test_a_text_that_is_not_taken_says_nothing_against_the_provider(
    handle: Embedders, embedder: FakeEmbedder
) -> None:
    embedder.error = InvalidRequest("empty", "input")
    for _ in range(10):
        with pytest.raises(InvalidRequest):
            await handle.embed(MINILM_SPACE, [""], Purpose.DOCUMENT)

    assert len(embedder.asked) == 10


async def test_one_space_that_fails_leaves_the_others_alone(
    handle: Embedders, embedder: FakeEmbedder
) -> None:
    embedder.error = EmbeddingRefused("wrong key")
    with pytest.raises(EmbeddingRefused):
        await handle.embed(OTHER, ["a"], Purpose.DOCUMENT)

    embedder.error = None
    assert await handle.embed_query(WORKSPACE, "why?") is not None


async def test_settings_that_do_not_say_enough_are_a_visible_state(clock: Clock) -> None:
    settings = Settings(embedding_provider="openai", embedding_model="unknown")
    handle = Embedders(settings, Spaces(OTHER), [FakeEmbedder()], clock)

    condition = await handle.condition()

    assert condition.state == "failing"
    assert "AGENT_MEMORY_EMBEDDING_DIMS" in condition.last_error
