"""Finding contexts by words and by meaning."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest

from agent_memory.api.runtime import Runtime
from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.key_ring import KeyRing
from agent_memory.jobs.context_vectors import EmbedContexts
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.store.contexts.vectors import ContextVectorStore
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.stored_contexts import context_search
from tests.integration.api.feed.conftest import OTHER, RING, WORKSPACE, put

_MEANINGS = ("car automobile vehicle", "boat ship vessel", "plan schedule roadmap")


class Meanings:
    """A model that knows three meanings."""

    space = EmbeddingSpace("test", "meanings", len(_MEANINGS))

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded:
        assert (space, bool(purpose)) == (self.space, True)
        vectors = np.asarray([self._vector(text) for text in texts], np.float32)
        return Embedded(vectors, (1,) * len(texts))

    def _vector(self, text: str) -> list[float]:
        words = text.lower().split()
        counts = [float(sum(word in meaning.split() for word in words)) for meaning in _MEANINGS]
        length = float(np.linalg.norm(counts))
        return [count / length for count in counts] if length else [0.577] * len(counts)


@pytest.fixture
def runtime(runtime: Runtime, database: Database) -> Runtime:
    return replace(runtime, context_search=context_search(database, RING, Meanings()))


async def embed_all(database: Database) -> Outcome:
    async def note(outcome: Outcome) -> None:
        del outcome

    store = ContextVectorStore(database, ContextCodec(KeyRing(RING)))
    job = EmbedContexts(store, Meanings())
    return await job.do(JobRun(1, 0, note), WORKSPACE, NoArgs())


async def search(client: httpx.AsyncClient, query: str, **options: Any) -> list[dict[str, Any]]:
    response = await client.post("/v1/contexts/search", json={"query": query, **options})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]
    return found


def keys_of(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["key"] for hit in hits]


async def test_a_context_is_found_by_its_words_as_soon_as_it_is_written(
    client: httpx.AsyncClient,
) -> None:
    filler = "nothing of note happened here. " * 20
    await put(client, "a", {"goal": f"{filler} ship the parser on Friday {filler}"})
    await put(client, "b", {"goal": "write the tests"})
    [hit] = await search(client, "parser on friday", mode="words")
    assert hit["key"] == "a"
    assert "ship the parser on Friday" in hit["snippet"]
    assert len(hit["snippet"]) < 260
    assert hit["components"] == {"words": 1.0, "coverage": 1.0}
    assert hit["score"] == pytest.approx(1.0)


async def test_what_was_written_over_or_deleted_is_not_found(
    client: httpx.AsyncClient, url: str
) -> None:
    await put(client, "a", "zebra")
    await put(client, "b", "zebra")
    await put(client, "a", "horse")
    await client.delete("/v1/contexts/b?erase=true")
    assert await search(client, "zebra", mode="words") == []
    assert keys_of(await search(client, "horse", mode="words")) == ["a"]
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT term FROM agent_memory.context_postings").fetchall()
    assert "zebra" not in {term for (term,) in rows}


async def test_nothing_of_a_sealed_context_is_indexed(client: httpx.AsyncClient, url: str) -> None:
    await put(client, "s", "open words")
    body = {"data": "canary words", "encrypt": True}
    assert (await client.put("/v1/contexts/s", json=body)).status_code == 200
    assert await search(client, "canary open words") == []
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT term FROM agent_memory.context_postings").fetchall()
    assert rows == []


async def test_a_context_is_found_by_its_meaning_once_it_has_a_vector(
    client: httpx.AsyncClient, database: Database
) -> None:
    await put(client, "a", "the automobile")
    await put(client, "b", "the ship")
    assert await search(client, "vehicle", mode="meaning") == []
    assert (await embed_all(database))["num_embedded"] == 2
    [hit] = await search(client, "vehicle", mode="meaning")
    assert hit["key"] == "a"
    assert hit["components"] == {"meaning": pytest.approx(1.0, abs=0.01)}
    await put(client, "a", "the schedule")
    assert await search(client, "vehicle", mode="meaning") == []


async def test_words_and_meaning_together_rank_what_has_both_first(
    client: httpx.AsyncClient, database: Database
) -> None:
    await put(client, "both", "the car of Alice")
    await put(client, "meaning", "the automobile")
    await put(client, "words", "Alice and the boat")
    await embed_all(database)
    hits = await search(client, "car Alice")
    assert keys_of(hits)[0] == "both"
    assert set(keys_of(hits)) == {"both", "meaning", "words"}
    assert set(hits[0]["components"]) == {"words", "coverage", "meaning"}


async def test_filters_narrow_the_search(client: httpx.AsyncClient) -> None:
    options = {"tags": ["x"], "session_id": "s1", "agent_id": "a1", "metadata": {"team": "red"}}
    await client.put("/v1/contexts/team/a", json={"data": "zebra", **options})
    await client.put("/v1/contexts/other", json={"data": "zebra"})
    body = {"data": "zebra", "expires_at": "2020-01-01T00:00:00Z"}
    await client.put("/v1/contexts/gone", json=body)
    assert set(keys_of(await search(client, "zebra"))) == {"team/a", "other"}
    for narrowed in (
        {"prefix": "team/"},
        {"tags": ["x"]},
        {"session_id": "s1"},
        {"agent_id": "a1"},
        {"metadata": {"team": "red"}},
    ):
        assert keys_of(await search(client, "zebra", **narrowed)) == ["team/a"], narrowed
    assert await search(client, "zebra", until="2020-01-01T00:00:00Z") == []
    assert len(await search(client, "zebra", since="2020-01-01T00:00:00Z", limit=1)) == 1


async def test_nothing_of_another_workspace_is_found(
    client: httpx.AsyncClient, keys: KeyStore
) -> None:
    await put(client, "a", "zebra")
    _, theirs = await keys.create_key(OTHER, "theirs", ["contexts"])
    response = await client.post(
        "/v1/contexts/search", json={"query": "zebra"}, headers={"x-api-key": theirs}
    )
    assert response.json() == {"data": [], "note": ""}
