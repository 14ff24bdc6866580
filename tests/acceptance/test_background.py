"""Embeddings and jobs of a whole server."""

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.patience import wait_until
from tests.acceptance.server import Server

MODEL = "all-MiniLM-L6-v2"
TIMEOUT_S = 60.0


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=TIMEOUT_S) as client:
        yield client


def start(client: httpx.Client, kind: str) -> str:
    answer = client.post("/v1/workers/jobs", json={"kind": kind})
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    return str(answer.json()["id"])


def job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    described: dict[str, Any] = client.get(f"/v1/workers/jobs/{job_id}").json()
    return described


def test_the_openai_client_embeds_with_minilm(server: Server, client: httpx.Client) -> None:
    body = {"model": MODEL, "input": "warm"}
    wait_until(lambda: client.post("/v1/embeddings", json=body).is_success)
    with openai.OpenAI(api_key=server.key, base_url=f"{server.url}/v1") as gpt:
        texts = ["How do I reset my password?", "I forgot my login.", "Bread is baked from flour."]
        answer = gpt.embeddings.create(model=MODEL, input=texts)

    reset, forgot, bread = (np.array(entry.embedding) for entry in answer.data)
    assert len(reset) == 384
    assert reset @ forgot > reset @ bread + 0.2
    assert answer.usage.total_tokens > 15


def test_what_is_ingested_is_soon_found_by_what_it_means(client: httpx.Client) -> None:
    chat = [{"role": "user", "content": "The cat sleeps on the sofa all afternoon."}]
    body = {"thread_id": "pets", "materials": {"chat": chat}}
    assert client.post("/v1/ingest", json=body).is_success

    def is_found() -> bool:
        asked = {"purpose": "Where does the kitten nap?", "thread_id": "pets"}
        items = client.post("/v1/recall", json=asked).json()["items"]
        return any((item["components"].get("similarity") or 0) > 0.3 for item in items)

    wait_until(is_found)


def test_a_janitor_that_is_killed_goes_on(server: Server, client: httpx.Client) -> None:
    before = start(client, "expire")
    wait_until(lambda: bool(job(client, before)["state"] == "succeeded"))

    server.kill_actor("JanitorActor")
    after = start(client, "expire")

    wait_until(lambda: bool(job(client, after)["state"] == "succeeded"))


def test_an_embedder_that_is_killed_comes_back(server: Server, client: httpx.Client) -> None:
    body = {"model": MODEL, "input": "still there?"}
    wait_until(lambda: client.post("/v1/embeddings", json=body).is_success)

    server.kill_actor("EmbedderActor")

    wait_until(lambda: client.post("/v1/embeddings", json=body).is_success)


def test_jobs_and_embeddings_are_in_the_metrics(client: httpx.Client) -> None:
    families = {
        family.name: family
        for family in text_string_to_metric_families(client.get("/metrics").text)
    }

    [up] = families["agent_memory_embedding_up"].samples
    assert up.value == 1
    labels = [sample.labels for sample in families["agent_memory_jobs"].samples]
    assert {"queue": "embeddings", "state": "dead"} in labels
    assert "agent_memory_embedding_texts" in families
