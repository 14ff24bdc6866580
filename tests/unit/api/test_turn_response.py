"""Streams stay alive, and end when nobody listens."""

import asyncio

import orjson
import pytest
from fastapi import FastAPI

from agent_memory.testing.runtime import Pause, ScriptedTurns
from agent_memory.turns.events import TextDelta
from tests.unit.api.scripts import STARTED, turn
from tests.unit.api.sse import Exchange

PATHS = ["/v1/messages", "/v1/chat/completions"]


def _exchange(app: FastAPI, path: str, *, stream: bool) -> Exchange:
    messages = [{"role": "user", "content": "Hi"}]
    body = {"model": "m", "max_tokens": 9, "messages": messages, "stream": stream}
    return Exchange(app, path, orjson.dumps(body))


@pytest.mark.parametrize(
    ("path", "ping"), [("/v1/messages", b"event: ping"), ("/v1/chat/completions", b": ping")]
)
async def test_a_silent_stream_is_kept_alive_and_goes_on(
    app: FastAPI, turns: ScriptedTurns, path: str, ping: bytes
) -> None:
    turns.script = turn(TextDelta(0, "Par", 1), Pause(0.07), TextDelta(0, "is.", 1))
    exchange = _exchange(app, path, stream=True)
    await exchange.start()
    said = b"".join(exchange.chunks)
    between = said.split(b"Par", 1)[1].split(b"is.", 1)[0]
    assert between.count(ping) >= 2
    assert turns.num_finished == 1


async def test_what_comes_together_is_written_together(app: FastAPI, turns: ScriptedTurns) -> None:
    words = [TextDelta(0, f"w{i}", 1) for i in range(50)]
    turns.script = turn(*words)
    exchange = _exchange(app, "/v1/chat/completions", stream=True)
    await exchange.start()
    assert len(exchange.chunks) <= 3
    assert b"w49" in b"".join(exchange.chunks)


async def test_tokens_are_written_as_they_come(app: FastAPI, turns: ScriptedTurns) -> None:
    turns.script = turn(TextDelta(0, "Par", 1), Pause(30), TextDelta(0, "is.", 1))
    exchange = _exchange(app, "/v1/messages", stream=True)
    task = exchange.start()
    await exchange.until_chunk(b"Par")
    exchange.leave()
    await task


@pytest.mark.parametrize("path", PATHS)
async def test_a_client_that_leaves_a_stream_closes_the_turn(
    app: FastAPI, turns: ScriptedTurns, path: str
) -> None:
    turns.script = turn(TextDelta(0, "Par", 1), Pause(30))
    exchange = _exchange(app, path, stream=True)
    task = exchange.start()
    await exchange.until_chunk(b"Par")
    exchange.leave()
    async with asyncio.timeout(5):
        await task
    assert (turns.num_closed, turns.num_finished) == (1, 0)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_before_the_answer_closes_the_turn(
    app: FastAPI, turns: ScriptedTurns, stream: bool
) -> None:
    turns.script = [Pause(30), STARTED]
    exchange = _exchange(app, "/v1/chat/completions", stream=stream)
    task = exchange.start()
    async with asyncio.timeout(5):
        await turns.is_asked.wait()
        exchange.leave()
        await task
    assert (turns.num_closed, turns.num_finished) == (1, 0)
    assert b"".join(exchange.chunks) == b""


async def test_a_server_that_cancels_the_request_closes_the_turn(
    app: FastAPI, turns: ScriptedTurns
) -> None:
    turns.script = turn(TextDelta(0, "Par", 1), Pause(30))
    exchange = _exchange(app, "/v1/messages", stream=True)
    task = exchange.start()
    await exchange.until_chunk(b"Par")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (turns.num_closed, turns.num_finished) == (1, 0)


async def test_a_turn_that_ends_without_its_last_event_is_an_error(
    app: FastAPI, turns: ScriptedTurns
) -> None:
    turns.script = [STARTED, TextDelta(0, "Par", 1)]
    streamed = _exchange(app, "/v1/messages", stream=True)
    await streamed.start()
    assert streamed.status == 200
    assert b"event: error" in streamed.chunks[-1]
    whole = _exchange(app, "/v1/messages", stream=False)
    await whole.start()
    assert whole.status == 500
