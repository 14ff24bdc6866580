"""The text that Prometheus reads."""

import httpx
import pytest

from agent_memory.errors import EngineUnavailable
from agent_memory.testing.runtime import ScriptedTurns, StaticCondition
from tests.unit.api.scripts import TWO_CALLS

HELLO = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


async def _lines(client: httpx.AsyncClient) -> list[str]:
    response = await client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return response.text.splitlines()


async def test_requests_are_counted_by_route_template(client: httpx.AsyncClient) -> None:
    await client.get("/v1/agents/canary-1")
    await client.get("/v1/agents/canary-2")
    await client.get("/no/such/route")
    lines = await _lines(client)
    counted = 'agent_memory_http_requests_total{method="GET",route="/v1/agents/{id}",status="404"}'
    assert f"{counted} 2.0" in lines
    lost = 'agent_memory_http_requests_total{method="GET",route="unmatched",status="404"} 1.0'
    assert lost in lines
    assert not any("canary" in line for line in lines)
    assert "agent_memory_http_requests_in_flight 1.0" in lines


async def test_tokens_and_delays_are_counted_by_surface(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    await client.post("/v1/chat/completions", json=HELLO)
    lines = await _lines(client)
    surface = 'surface="chat_completions"'
    assert f'agent_memory_http_tokens_total{{kind="prompt",{surface}}} 21.0' in lines
    assert f'agent_memory_http_tokens_total{{kind="cached",{surface}}} 16.0' in lines
    assert f'agent_memory_http_tokens_total{{kind="completion",{surface}}} 7.0' in lines
    assert f"agent_memory_http_time_to_first_token_seconds_count{{{surface}}} 1.0" in lines


async def test_the_metrics_of_the_actors_follow(
    client: httpx.AsyncClient, condition: StaticCondition, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition.text = "agent_memory_blocks 3\n"
    assert "agent_memory_blocks 3" in await _lines(client)

    async def unreachable() -> str:
        raise EngineUnavailable("No engine.")

    monkeypatch.setattr(type(condition), "metrics", lambda _: unreachable())
    assert any(line.startswith("agent_memory_http_requests_total") for line in await _lines(client))
