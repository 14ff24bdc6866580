"""The Gemini API's embeddings."""

import numpy as np
import pytest

from agent_memory.errors import EmbeddingRefused, EmbeddingUnavailable
from agent_memory.memory.vectors.embedding_space import Purpose
from agent_memory.providers.gemini_embeddings import GeminiEmbeddings
from agent_memory.providers.upstream import Upstream
from tests.integration.providers.scripted_server import (
    Answer,
    Request,
    ScriptedServer,
    scripted_server,
)


def embed(request: Request) -> Answer:
    texts = [entry["content"]["parts"][0]["text"] for entry in request.body["requests"]]
    return Answer({"embeddings": [{"values": [len(text), 0, 1]} for text in texts]})


def provider(server: ScriptedServer, model: str = "gemini-embedding-001") -> GeminiEmbeddings:
    upstream = Upstream(server.url + "/v1beta", {"x-goog-api-key": "made-up"}, 5.0)
    return GeminiEmbeddings(upstream, model, 3)


async def test_texts_become_normalised_vectors() -> None:
    with scripted_server(embed) as server:
        gemini = provider(server)
        embedded = await gemini.embed(["abcd", "hello"], Purpose.DOCUMENT)
        await gemini.close()

    np.testing.assert_allclose(np.linalg.norm(embedded.vectors, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(embedded.vectors[0], np.array([4, 0, 1]) / np.sqrt(17), rtol=1e-6)
    assert embedded.num_tokens == (1, 2)
    [request] = server.requests
    assert request.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    assert request.headers["x-goog-api-key"] == "made-up"
    assert request.body["requests"][0] == {
        "model": "models/gemini-embedding-001",
        "content": {"parts": [{"text": "abcd"}]},
        "outputDimensionality": 3,
        "taskType": "RETRIEVAL_DOCUMENT",
    }


@pytest.mark.parametrize(
    ("model", "task"), [("gemini-embedding-001", "RETRIEVAL_QUERY"), ("gemini-embedding-2", None)]
)
async def test_a_question_is_marked_where_the_model_knows_marks(
    model: str, task: str | None
) -> None:
    with scripted_server(embed) as server:
        gemini = provider(server, model)
        await gemini.embed(["why?"], Purpose.QUERY)
        await gemini.close()

    assert server.requests[0].body["requests"][0].get("taskType") == task


async def test_a_call_takes_a_hundred_texts() -> None:
    with scripted_server(embed) as server:
        gemini = provider(server)
        embedded = await gemini.embed(["text"] * 250, Purpose.DOCUMENT)
        await gemini.close()

    assert embedded.vectors.shape == (250, 3)
    assert [len(request.body["requests"]) for request in server.requests] == [100, 100, 50]


async def test_a_wrong_key_is_refused() -> None:
    with scripted_server(lambda _: Answer({"error": {"code": 403}}, 403)) as server:
        gemini = provider(server)
        with pytest.raises(EmbeddingRefused, match="HTTP 403"):
            await gemini.embed(["text"], Purpose.DOCUMENT)
        await gemini.close()


@pytest.mark.parametrize("body", [{}, {"embeddings": [{}]}, {"embeddings": []}])
async def test_an_answer_without_vectors_is_never_taken_for_some(body: object) -> None:
    with scripted_server(lambda _: Answer(body)) as server:
        gemini = provider(server)
        with pytest.raises(EmbeddingUnavailable):
            await gemini.embed(["text"], Purpose.DOCUMENT)
        await gemini.close()
