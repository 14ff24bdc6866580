"""Names of embedding spaces."""

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace


@pytest.mark.parametrize("model", ["all-MiniLM-L6-v2", "BAAI/bge-m3", "nomic-embed-text:v1.5"])
def test_the_id_names_the_space(model: str) -> None:
    space = EmbeddingSpace("openai", model, 1024)

    assert EmbeddingSpace.parse(space.space_id) == space


@pytest.mark.parametrize("text", ["", "minilm", "minilm/384", "minilm/x/", "minilm/x/big"])
def test_what_names_no_space_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        EmbeddingSpace.parse(text)
