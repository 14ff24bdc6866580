"""Turns over a real server and a real connection."""

import asyncio
import socket
from collections.abc import AsyncIterator

import anthropic
import httpx
import openai
import pytest
import uvicorn

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.ids import SessionId, TurnId
from agent_memory.testing.runtime import TEST_KEY, Pause, ScriptedTurns, scripted_runtime
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    TurnFinished,
    TurnStarted,
    Usage,
)

STARTED = TurnStarted(TurnId("turn"), SessionId("sess"), Usage(prompt_tokens=9, cached_tokens=8))
END = (ChoiceFinished(0, FinishReason.STOP), TurnFinished(Usage(9, 8, 2)))
HELLO = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def turns() -> ScriptedTurns:
    return ScriptedTurns((STARTED, TextDelta(0, "Par", 1), TextDelta(0, "is.", 1), *END))


@pytest.fixture
async def address(turns: ScriptedTurns) -> AsyncIterator[str]:
    """Where a server over `turns` listens."""
    app = create_app(scripted_runtime(turns), Limits(ping_interval_s=0.05))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110  uvicorn offers no event
        await asyncio.sleep(0.005)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


async def _until_closed(turns: ScriptedTurns, num_closed: int) -> None:
    async with asyncio.timeout(5):
        while turns.num_closed < num_closed:  # noqa: ASYNC110  closed from another task
            await asyncio.sleep(0.005)


async def test_both_official_clients_stream_over_a_connection(address: str) -> None:
    async with (
        anthropic.AsyncAnthropic(auth_token=TEST_KEY, base_url=address) as claude,
        claude.messages.stream(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
        ) as stream,
    ):
        assert "".join([text async for text in stream.text_stream]) == "Paris."
    async with openai.AsyncOpenAI(api_key=TEST_KEY, base_url=f"{address}/v1") as gpt:
        chunks = await gpt.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        said = [chunk.choices[0].delta.content or "" async for chunk in chunks]
        assert "".join(said) == "Paris."


async def test_leaving_a_silent_stream_closes_the_turn(address: str, turns: ScriptedTurns) -> None:
    turns.script = (STARTED, TextDelta(0, "Par", 1), Pause(30), *END)
    headers = {"x-api-key": TEST_KEY}
    async with (
        httpx.AsyncClient(base_url=address, headers=headers) as client,
        client.stream("POST", "/v1/messages", json={**HELLO, "stream": True}) as response,
    ):
        received = ""
        async for text in response.aiter_text():
            received += text
            if received.count("event: ping") > 2:
                break
    await _until_closed(turns, 1)
    assert turns.num_finished == 0


async def test_leaving_before_a_whole_answer_closes_the_turn(
    address: str, turns: ScriptedTurns
) -> None:
    turns.script = (STARTED, Pause(30), *END)
    headers = {"x-api-key": TEST_KEY}
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v1/messages", json=HELLO, timeout=0.2)
    await _until_closed(turns, 1)
    assert turns.num_finished == 0


async def test_a_body_without_a_length_is_refused_while_it_comes(
    address: str, turns: ScriptedTurns
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 1_000_000

    headers = {"x-api-key": TEST_KEY}
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:
        response = await client.post("/v1/messages", content=endless())
    assert response.status_code == 413
    assert turns.requests == []
