"""The OpenAI Embeddings API."""

import httpx
import numpy as np
import openai
import pytest
from fastapi import FastAPI

from agent_memory.errors import EmbeddingUnavailable
from agent_memory.testing.embeddings import HASHING_SPACE, HashingEmbeddings, hashed

MODEL = HASHING_SPACE.model


async def test_openai_clients_embed_texts(gpt: openai.AsyncOpenAI) -> None:
    """The client asks for base64 by itself."""
    answer = await gpt.embeddings.create(model=MODEL, input=["the tests pass", "the build is red"])

    expected = hashed(["the tests pass", "the build is red"])
    assert [entry.index for entry in answer.data] == [0, 1]
    np.testing.assert_allclose(
        [entry.embedding for entry in answer.data], expected.vectors, rtol=1e-6
    )
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (7, 7)
    assert answer.model == MODEL


async def test_one_text_may_be_sent_as_it_is(gpt: openai.AsyncOpenAI) -> None:
    answer = await gpt.embeddings.create(model=MODEL, input="hello", encoding_format="float")

    [entry] = answer.data
    np.testing.assert_allclose(entry.embedding, hashed(["hello"]).vectors[0], rtol=1e-6)


async def test_numbers_are_sent_as_numbers_unless_asked_otherwise(
    client: httpx.AsyncClient,
) -> None:
    answer = (await client.post("/v1/embeddings", json={"model": MODEL, "input": "hello"})).json()

    assert isinstance(answer["data"][0]["embedding"][0], float)
    assert answer["object"] == "list"


async def test_another_model_is_not_found(gpt: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="text-embedding-3-small"):
        await gpt.embeddings.create(model="text-embedding-3-small", input="hello")


async def test_a_size_that_the_model_does_not_have_is_refused(gpt: openai.AsyncOpenAI) -> None:
    assert len((await gpt.embeddings.create(model=MODEL, input="x", dimensions=32)).data) == 1
    with pytest.raises(openai.BadRequestError, match="32 dimensions"):
        await gpt.embeddings.create(model=MODEL, input="x", dimensions=16)


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]])
async def test_tokens_are_refused_with_the_reason(
    gpt: openai.AsyncOpenAI, tokens: list[int] | list[list[int]]
) -> None:
    with pytest.raises(openai.BadRequestError, match="Arrays of tokens are not supported"):
        await gpt.embeddings.create(model=MODEL, input=tokens)


@pytest.mark.parametrize("texts", ["", [], ["a", ""], ["a", 1], 7, None])
async def test_what_is_no_text_is_refused(client: httpx.AsyncClient, texts: object) -> None:
    response = await client.post("/v1/embeddings", json={"model": MODEL, "input": texts})

    assert response.status_code == httpx.codes.BAD_REQUEST
    assert response.json()["error"]["type"] == "invalid_request_error"


async def test_a_provider_that_is_away_is_told_as_such(
    client: httpx.AsyncClient, embeddings: HashingEmbeddings
) -> None:
    embeddings.error = EmbeddingUnavailable("The embedding server is away.")

    response = await client.post("/v1/embeddings", json={"model": MODEL, "input": "x"})

    assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert response.json()["error"]["code"] == "embedding_unavailable"
    assert "Retry-After" in response.headers


async def test_without_a_key_nothing_is_embedded(app: FastAPI) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as nobody:
        response = await nobody.post("/v1/embeddings", json={"model": MODEL, "input": "x"})

    assert response.status_code == httpx.codes.UNAUTHORIZED
