"""Contexts that a turn reads, asked for over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from agent_memory.api.runtime import Runtime
from agent_memory.ids import SessionId, TurnId
from agent_memory.store.keys import KeyStore
from agent_memory.testing.runtime import ScriptedTurns
from agent_memory.turns.events import ChoiceFinished, FinishReason, TurnFinished, TurnStarted, Usage
from tests.integration.api.feed.conftest import WORKSPACE, put


@pytest.fixture
def turns() -> ScriptedTurns:

    started = TurnStarted(TurnId("turn_1"), SessionId("sess_1"))
    finished = ChoiceFinished(0, FinishReason.STOP)
    return ScriptedTurns((started, finished, TurnFinished(Usage(3, 0, 1))))


@pytest.fixture
def runtime(runtime: Runtime, turns: ScriptedTurns) -> Runtime:
    return replace(runtime, turns=turns)


@pytest.fixture
async def agent(port: int, keys: KeyStore) -> AsyncIterator[httpx.AsyncClient]:
    _, key = await keys.create_key(WORKSPACE, "agent", ["inference", "contexts"])
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, headers={"x-api-key": key}) as client:
        yield client


def question(**further: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "max_tokens": 8,
        "messages": [{"role": "user", "content": "Hi"}],
        **further,
    }


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
async def test_a_turn_reads_the_versions_it_names_and_says_which(
    agent: httpx.AsyncClient, turns: ScriptedTurns, path: str
) -> None:
    await put(agent, "plan", {"goal": 1})
    await put(agent, "plan", {"goal": 2})
    await put(agent, "team/rules", "be kind")
    body = question(contexts=["plan@1", "team/rules"])
    response = await agent.post(path, json=body)
    assert response.status_code == 200, response.text
    assert response.headers["x-contexts"] == "plan@1, team/rules@1"
    [request] = turns.requests
    assert [(it.key, it.version) for it in request.contexts] == [("plan", 1), ("team/rules", 1)]
    assert request.contexts[0].text.replace(" ", "") == '{"goal":1}'


async def test_what_no_model_may_read_is_refused(
    agent: httpx.AsyncClient, turns: ScriptedTurns, keys: KeyStore
) -> None:
    await agent.put("/v1/contexts/sealed", json={"data": "x", "encrypt": True})
    await agent.put("/v1/contexts/bytes", content=b"\xff", headers={"Content-Type": "image/png"})
    for names, status in (
        (["sealed"], 400),
        (["bytes"], 400),
        (["none"], 404),
        (["sealed@9"], 404),
        (["a//b"], 400),
        (["k"] * 33, 400),
    ):
        response = await agent.post("/v1/chat/completions", json=question(contexts=names))
        assert response.status_code == status, (names, response.text)
    _, key = await keys.create_key(WORKSPACE, "no contexts", ["inference"])
    headers = {"x-api-key": key}
    body = question(contexts=["sealed"])
    response = await agent.post("/v1/chat/completions", json=body, headers=headers)
    assert response.status_code == 403
    assert turns.requests == []
