"""The metrics of several processes as one text."""

from collections.abc import Mapping

import httpx
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.api.metrics import Metrics
from agent_memory.api.replicas import merged
from agent_memory.errors import Unavailable
from agent_memory.testing.runtime import TEST_KEY, ScriptedTurns, scripted_runtime
from tests.unit.api.scripts import MODEL, PARIS

REQUESTS = "agent_memory_http_requests_total"


def _counted(num_requests: int) -> str:
    metrics = Metrics()
    for _ in range(num_requests):
        metrics.count_request("/v1/recall", "POST", 200, 0.02)
    return metrics.render()


def test_each_sample_says_whose_it_is() -> None:
    lines = merged({"memory#a": _counted(2), "memory#b": _counted(5)}).splitlines()
    labels = 'method="POST",replica="memory#{}",route="/v1/recall",status="200"'
    assert f"{REQUESTS}{{{labels.format('a')}}} 2.0" in lines
    assert f"{REQUESTS}{{{labels.format('b')}}} 5.0" in lines


def test_each_metric_is_described_once() -> None:
    text = merged({"memory#a": _counted(1), "memory#b": _counted(1)})
    described = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(described) == len(set(described))
    names = [family.name for family in text_string_to_metric_families(text)]
    assert names == [family.name for family in text_string_to_metric_families(_counted(1))]


class Fleet:
    """`texts` by replica; none means that they cannot be asked."""

    def __init__(self, texts: Mapping[str, str] | None) -> None:
        self._texts = texts

    async def metrics(self) -> Mapping[str, str]:
        if self._texts is None:
            raise Unavailable("A replica does not answer.")
        return self._texts


def _app(fleet: Fleet) -> FastAPI:
    runtime = scripted_runtime(ScriptedTurns(PARIS, [MODEL], num_prompt_tokens=21))
    return create_app(runtime, Limits(), replicas=fleet)


async def _scraped(fleet: Fleet) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(_app(fleet)),
        base_url="http://test",
        headers={"Authorization": f"Bearer {TEST_KEY}"},
    ) as client:
        return await client.get("/metrics")


async def test_a_scrape_of_one_replica_tells_of_all() -> None:
    response = await _scraped(Fleet({"gateway#x": _counted(3), "memory#y": _counted(4)}))
    assert response.status_code == 200
    for replica, number in (("gateway#x", 3), ("memory#y", 4)):
        assert f'replica="{replica}",route="/v1/recall",status="200"}} {number}.0' in response.text


async def test_a_replica_that_cannot_ask_the_others_tells_of_itself() -> None:
    response = await _scraped(Fleet(None))
    assert response.status_code == 200
    assert "agent_memory_http_requests_in_flight 1.0" in response.text
