"""Which provider the settings name."""

import pytest

from agent_memory.errors import EmbeddingRefused
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.providers.choice import Providers, chosen_space
from agent_memory.providers.minilm.provider import MINILM_SPACE
from agent_memory.settings import Settings


def test_minilm_is_the_default() -> None:
    assert chosen_space(Settings()) == MINILM_SPACE


def test_without_a_provider_there_is_no_space() -> None:
    assert chosen_space(Settings(embedding_provider="none")) is None


def test_the_size_of_a_known_model_need_not_be_said() -> None:
    space = chosen_space(Settings(embedding_provider="openai"))

    assert space == EmbeddingSpace("openai", "text-embedding-3-small", 1536)


def test_the_size_may_be_said() -> None:
    settings = Settings(
        embedding_provider="openai", embedding_model="BAAI/bge-m3", embedding_dims=1024
    )

    assert chosen_space(settings) == EmbeddingSpace("openai", "BAAI/bge-m3", 1024)


def test_the_size_of_an_unknown_model_must_be_said() -> None:
    settings = Settings(embedding_provider="openai", embedding_model="BAAI/bge-m3")

    with pytest.raises(EmbeddingRefused, match="AGENT_MEMORY_EMBEDDING_DIMS"):
        chosen_space(settings)


def test_minilm_has_one_size() -> None:
    with pytest.raises(EmbeddingRefused, match="384"):
        chosen_space(Settings(embedding_dims=100))


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_a_hosted_provider_wants_a_key(name: str) -> None:
    settings = Settings.model_validate({"embedding_provider": name})
    space = chosen_space(settings)
    assert space is not None

    with pytest.raises(EmbeddingRefused, match="AGENT_MEMORY_EMBEDDING_KEY"):
        Providers(settings).provider_of(space)


def test_a_server_of_ones_own_needs_no_key() -> None:
    settings = Settings(
        embedding_provider="openai", embedding_url="http://localhost:11434/v1", embedding_dims=3
    )
    space = chosen_space(settings)
    assert space is not None

    assert Providers(settings).provider_of(space).space == space


def test_a_space_of_another_provider_is_refused_by_name() -> None:
    old = EmbeddingSpace("openai", "text-embedding-3-small", 1536)

    with pytest.raises(EmbeddingRefused, match="openai/text-embedding-3-small/1536"):
        Providers(Settings()).provider_of(old)


def test_a_space_that_nobody_makes_is_refused() -> None:
    with pytest.raises(EmbeddingRefused, match="No embedding provider serves"):
        Providers(Settings()).provider_of(EmbeddingSpace("minilm", "another", 384))
