"""The embedder's actor, called as an object."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.embedder import EmbedderActor
from agent_memory.errors import EmbeddingRefused, EmbeddingUnavailable
from agent_memory.memory.vectors.embedding_space import Embedded, Purpose
from agent_memory.providers.choice import Providers
from agent_memory.providers.embedding import EmbeddingProvider
from agent_memory.providers.minilm.provider import MINILM_SPACE
from agent_memory.settings import Settings


class Ones:
    space = MINILM_SPACE

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Embedded:
        del purpose
        if "away" in texts:
            raise EmbeddingUnavailable("it is away")
        return Embedded(np.ones((len(texts), 384), np.float32), (2,) * len(texts))

    async def close(self) -> None:
        pass


class Loader:
    """Refuses the first time."""

    num_calls = 0

    def __call__(self, num_threads: int) -> EmbeddingProvider:
        assert num_threads > 0
        self.num_calls += 1
        if self.num_calls == 1:
            raise EmbeddingRefused("not installed")
        return Ones()


@pytest.fixture
def actor() -> Iterator[EmbedderActor]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        config = RuntimeConfig(settings, "", b"", Path(folder), Path(folder))
        yield EmbedderActor(config, "embedder.0", Providers(settings, Loader()))


async def test_it_counts_what_it_does_and_tries_again_what_failed(actor: EmbedderActor) -> None:
    with pytest.raises(EmbeddingRefused):
        await actor.embed(MINILM_SPACE, ["a"], Purpose.DOCUMENT)
    stats = await actor.stats()
    assert (stats.failures_total, stats.last_error) == (1, "not installed")

    embedded = await actor.embed(MINILM_SPACE, ["a", "b"], Purpose.DOCUMENT)

    assert embedded.vectors.shape == (2, 384)
    stats = await actor.stats()
    assert (stats.texts_total, stats.tokens_total, stats.last_error) == (2, 4, "")
    assert stats.num_waiting == 0


async def test_a_failure_of_the_provider_is_shown(actor: EmbedderActor) -> None:
    with pytest.raises(EmbeddingRefused):
        await actor.embed(MINILM_SPACE, ["a"], Purpose.DOCUMENT)
    with pytest.raises(EmbeddingUnavailable, match="away"):
        await actor.embed(MINILM_SPACE, ["away"], Purpose.DOCUMENT)

    stats = await actor.stats()

    assert (stats.failures_total, stats.last_error) == (2, "it is away")
