"""Any server that speaks OpenAI's embeddings, and how its failures are met."""

import numpy as np
import pytest

from agent_memory.errors import EmbeddingRefused, EmbeddingUnavailable, InvalidRequest
from agent_memory.memory.vectors.embedding_space import Purpose
from agent_memory.providers.openai_embeddings import OpenAiEmbeddings
from agent_memory.providers.retrying import Backoff
from agent_memory.providers.upstream import Upstream
from tests.integration.providers.scripted_server import (
    Answer,
    Request,
    ScriptedServer,
    scripted_server,
)

SECRET = "sk-made-up"
DOCUMENT = Purpose.DOCUMENT


def embed(request: Request) -> Answer:
    """A text as (its length, 1), in reverse order, which the indices put right."""
    texts = request.body["input"]
    data = [{"index": n, "embedding": [len(text), 1]} for n, text in enumerate(texts)]
    return Answer({"data": data[::-1], "usage": {"prompt_tokens": 10 * len(texts)}})


class Pauses:
    """Sleeps by writing it down."""

    def __init__(self) -> None:
        self.pauses_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.pauses_s.append(seconds)


def provider(
    server: ScriptedServer,
    pauses: Pauses | None = None,
    model: str = "bge-m3",
    timeout_s: float = 5.0,
    num_dims: int = 2,
) -> OpenAiEmbeddings:
    headers = {"Authorization": f"Bearer {SECRET}"}
    upstream = Upstream(
        server.url + "/v1/", headers, timeout_s, Backoff(max_attempts=3), pauses or Pauses()
    )
    return OpenAiEmbeddings(upstream, model, num_dims)


async def vectors_of(embeddings: OpenAiEmbeddings, *texts: str) -> np.ndarray:
    try:
        return (await embeddings.embed(texts, DOCUMENT)).vectors
    finally:
        await embeddings.close()


async def test_texts_become_normalised_vectors_in_their_order() -> None:
    with scripted_server(embed) as server:
        vectors = await vectors_of(provider(server), "a" * 3, "b" * 4)

    np.testing.assert_allclose(vectors[0], np.array([3, 1]) / np.sqrt(10), rtol=1e-6)
    np.testing.assert_allclose(vectors[1], np.array([4, 1]) / np.sqrt(17), rtol=1e-6)
    [request] = server.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.body == {"model": "bge-m3", "input": ["aaa", "bbbb"], "encoding_format": "float"}


async def test_only_a_model_that_knows_sizes_is_asked_for_one() -> None:
    with scripted_server(embed) as server:
        await vectors_of(provider(server, model="text-embedding-3-small"), "a")

    assert server.requests[0].body["dimensions"] == 2


async def test_many_texts_go_in_batches_and_their_tokens_are_counted() -> None:
    with scripted_server(embed) as server:
        embeddings = provider(server)
        embedded = await embeddings.embed([f"text {n}" for n in range(300)], DOCUMENT)
        await embeddings.close()

    assert [len(request.body["input"]) for request in server.requests] == [128, 128, 44]
    assert sum(embedded.num_tokens) == 3000
    assert len(embedded.num_tokens) == 300


async def test_a_long_text_is_cut() -> None:
    with scripted_server(embed) as server:
        await vectors_of(provider(server), "x" * 100_000)

    assert len(server.requests[0].body["input"][0]) == 8_000


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    busy = Answer({"error": "slow down"}, 429, {"Retry-After": "7"})
    pauses = Pauses()
    with scripted_server(embed, [busy, Answer(None, 503)]) as server:
        vectors = await vectors_of(provider(server, pauses), "a")

    assert vectors.shape == (1, 2)
    assert pauses.pauses_s[0] == 7.0
    assert 0.5 <= pauses.pauses_s[1] <= 1.0


async def test_a_server_that_stays_broken_is_given_up() -> None:
    with (
        scripted_server(lambda _: Answer(b"oops", 500)) as server,
        pytest.raises(EmbeddingUnavailable, match="HTTP 500: oops"),
    ):
        await vectors_of(provider(server), "a")

    assert len(server.requests) == 3


async def test_a_server_that_asks_for_a_long_pause_is_not_waited_for() -> None:
    busy = Answer(None, 429, {"Retry-After": "3600"})
    pauses = Pauses()
    with scripted_server(lambda _: busy) as server, pytest.raises(EmbeddingUnavailable):
        await vectors_of(provider(server, pauses), "a")

    assert pauses.pauses_s == []


async def test_a_wrong_key_is_refused_at_once_and_not_repeated_in_the_error() -> None:
    with (
        scripted_server(lambda _: Answer({"error": "bad key"}, 401)) as server,
        pytest.raises(EmbeddingRefused, match="HTTP 401") as error,
    ):
        await vectors_of(provider(server), "a")

    assert len(server.requests) == 1
    assert SECRET not in str(error.value)


async def test_a_text_that_is_not_taken_is_the_callers_error() -> None:
    with (
        scripted_server(lambda _: Answer({"error": "too long"}, 400)) as server,
        pytest.raises(InvalidRequest, match="too long"),
    ):
        await vectors_of(provider(server), "a")

    assert len(server.requests) == 1


async def test_an_empty_text_is_not_sent() -> None:
    with scripted_server(embed) as server, pytest.raises(InvalidRequest, match="empty"):
        await vectors_of(provider(server), "a", " ")

    assert server.requests == []


async def test_a_server_that_does_not_answer_in_time_is_unavailable() -> None:
    with (
        scripted_server(lambda _: Answer(delay_s=10)) as server,
        pytest.raises(EmbeddingUnavailable, match="Timeout"),
    ):
        await vectors_of(provider(server, timeout_s=0.05), "a")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with scripted_server(embed) as server:
        embeddings = provider(server)

    with pytest.raises(EmbeddingUnavailable, match="ConnectError"):
        await vectors_of(embeddings, "a")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        {"error": "none"},
        {"data": [{"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0, "x"]}]},
        {"data": [{"index": 0, "embedding": [0.0, 0.0]}]},
        {"data": []},
        {"data": [{"index": 0}]},
    ],
)
async def test_an_answer_that_holds_no_vectors_is_never_taken_for_some(body: object) -> None:
    with scripted_server(lambda _: Answer(body)) as server, pytest.raises(EmbeddingUnavailable):
        await vectors_of(provider(server), "a")
