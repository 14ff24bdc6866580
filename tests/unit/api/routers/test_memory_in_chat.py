"""The field `memory` of the model APIs, through the official clients."""

from dataclasses import replace

import anthropic
import httpx
import openai
import pytest

from agent_memory.access.principal import Scope
from agent_memory.ids import SessionId, ThreadId, TurnId
from agent_memory.testing.runtime import TEST_KEY, ScriptedTurns, StaticKeys, principal
from agent_memory.turns.events import Injected, TurnStarted
from agent_memory.turns.request import TurnMemory
from tests.unit.api.scripts import PARIS, USAGE

QUESTION = [{"role": "user", "content": "Where?"}]
ASKED = {"memory": {"recall": True, "thread_id": "trip", "token_budget": 200}}
REPORT = {"items": ["item_1", "item_2"], "tokens": 57}


@pytest.fixture
def turns() -> ScriptedTurns:
    injected = Injected(("item_1", "item_2"), 57)
    started = TurnStarted(TurnId("t"), SessionId("s"), USAGE, injected)
    return ScriptedTurns((started, *PARIS[1:]))


async def test_a_message_says_what_was_recalled_for_it(
    claude: anthropic.AsyncAnthropic, turns: ScriptedTurns
) -> None:
    raw = await claude.messages.with_raw_response.create(
        model="m",
        max_tokens=5,
        messages=[{"role": "user", "content": "Where?"}],
        extra_body=ASKED,
    )
    message = await raw.parse()
    assert message.to_dict()["memory"] == REPORT
    assert (raw.headers["x-memory-items"], raw.headers["x-memory-tokens"]) == ("2", "57")
    assert turns.requests[0].memory == TurnMemory(thread_id=ThreadId("trip"), token_budget=200)


async def test_a_streamed_message_says_it_when_it_starts(claude: anthropic.AsyncAnthropic) -> None:
    async with claude.messages.stream(
        model="m", max_tokens=5, messages=[{"role": "user", "content": "Where?"}], extra_body=ASKED
    ) as stream:
        final = await stream.get_final_message()
    assert final.to_dict()["memory"] == REPORT


async def test_a_chat_completion_says_what_was_recalled_for_it(gpt: openai.AsyncOpenAI) -> None:
    answer = await gpt.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Where?"}], extra_body=ASKED
    )
    assert answer.to_dict()["memory"] == REPORT


async def test_the_first_chunk_says_what_was_recalled(gpt: openai.AsyncOpenAI) -> None:
    stream = await gpt.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": "Where?"}],
        stream=True,
        extra_body=ASKED,
    )
    chunks = [chunk.to_dict() async for chunk in stream]
    assert chunks[0]["memory"] == REPORT
    assert not any("memory" in chunk for chunk in chunks[1:])


async def test_a_turn_of_an_agent_says_what_was_recalled_for_it(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    await client.post("/v1/agents", json={"session_id": "s"})
    body = {"message": "Where?", "memory": {"recall": True, "remember": False}}
    response = await client.post("/v1/agents/s/turns", json=body)
    assert response.json()["memory"] == REPORT
    assert turns.requests[0].memory == TurnMemory(remember=False)


async def test_a_wish_for_nothing_is_no_wish(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    memory = {"recall": False, "remember": False}
    body = {"model": "m", "messages": QUESTION, "memory": memory}
    response = await client.post("/v1/chat/completions", json=body)
    assert response.status_code == httpx.codes.OK
    assert turns.requests[0].memory is None


@pytest.mark.parametrize(
    "memory",
    [{"recal": True}, {"thread_id": "no spaces"}, {"token_budget": 1}, {"token_budget": 40_000}],
)
async def test_a_wish_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, memory: dict[str, object]
) -> None:
    body = {"model": "m", "messages": QUESTION, "memory": memory}
    response = await client.post("/v1/chat/completions", json=body)
    assert response.status_code == httpx.codes.BAD_REQUEST
    assert next(iter(memory)) in response.text


async def test_memory_needs_its_scope(client: httpx.AsyncClient, keys: StaticKeys) -> None:
    keys.principals[TEST_KEY] = principal(scopes=frozenset({Scope.INFERENCE}))
    body = {"model": "m", "messages": QUESTION}
    without = await client.post("/v1/chat/completions", json=body)
    assert without.status_code == httpx.codes.OK
    refused = await client.post("/v1/chat/completions", json={**body, **ASKED})
    assert refused.status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize(
    ("header", "memory"),
    [
        ("recall", TurnMemory()),
        (
            "Recall; thread_id=trip, token_budget=200",
            TurnMemory(thread_id=ThreadId("trip"), token_budget=200),
        ),
        ("remember", TurnMemory(recall=False)),
        ("off", None),
    ],
)
async def test_clients_without_the_field_ask_by_header(
    client: httpx.AsyncClient, turns: ScriptedTurns, header: str, memory: TurnMemory | None
) -> None:
    asked = {"X-Agent-Memory": header}
    body = {"model": "m", "messages": QUESTION, "max_tokens": 5}
    for path in ("/v1/messages", "/v1/chat/completions"):
        response = await client.post(path, json=body, headers=asked)
        assert response.status_code == httpx.codes.OK
    assert [turn.memory for turn in turns.requests] == [memory, memory]


async def test_what_the_body_says_of_memory_holds(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    nothing = {"memory": {"recall": False, "remember": False}}
    body = {"model": "m", "messages": QUESTION, **nothing}
    await client.post("/v1/chat/completions", json=body, headers={"X-Agent-Memory": "recall"})
    assert turns.requests[0].memory is None


@pytest.mark.parametrize(
    "header", ["", "please", "recall; budget=3", "recall; token_budget=many", "recall; thread_id= "]
)
async def test_a_header_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, header: str
) -> None:
    body = {"model": "m", "messages": QUESTION, "max_tokens": 5}
    response = await client.post("/v1/messages", json=body, headers={"X-Agent-Memory": header})
    assert response.status_code == httpx.codes.BAD_REQUEST


async def test_memory_by_header_needs_its_scope(
    client: httpx.AsyncClient, keys: StaticKeys
) -> None:
    keys.principals[TEST_KEY] = principal(scopes=frozenset({Scope.INFERENCE}))
    body = {"model": "m", "messages": QUESTION, "max_tokens": 5}
    refused = await client.post("/v1/messages", json=body, headers={"X-Agent-Memory": "recall"})
    assert refused.status_code == httpx.codes.FORBIDDEN


async def test_a_key_asks_for_clients_that_cannot(
    client: httpx.AsyncClient, turns: ScriptedTurns, keys: StaticKeys
) -> None:
    keys.principals[TEST_KEY] = replace(principal(), memory="recall; thread_id=trip")
    body = {"model": "m", "messages": QUESTION, "max_tokens": 5}
    await client.post("/v1/messages", json=body)
    await client.post("/v1/messages", json=body, headers={"X-Agent-Memory": "off"})
    nothing = {"memory": {"recall": False, "remember": False}}
    await client.post("/v1/messages", json={**body, **nothing})
    asked = [turn.memory for turn in turns.requests]
    assert asked == [TurnMemory(thread_id=ThreadId("trip")), None, None]
