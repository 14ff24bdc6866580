"""Agents: sessions made, listed, read, deleted, and turns taken in them."""

import httpx
import pytest

from agent_memory.access.principal import Scope
from agent_memory.errors import StreamInterrupted
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.testing.runtime import (
    TEST_KEY,
    TEST_WORKSPACE,
    MemorySessions,
    ScriptedTurns,
    StaticKeys,
    principal,
)
from agent_memory.turns.events import Ping, TextDelta
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolResult, ToolUse
from tests.unit.api.scripts import STARTED, TWO_CALLS, turn
from tests.unit.api.sse import events

MINE = SessionId("mine")


@pytest.fixture
def sessions() -> MemorySessions:
    sessions = MemorySessions()
    sessions.add(TEST_WORKSPACE, MINE)
    return sessions


async def test_an_agent_is_created_under_its_name_or_a_new_one(client: httpx.AsyncClient) -> None:
    named = await client.post("/v1/agents", json={"session_id": "reviewer:1"})
    assert named.status_code == 201
    assert named.json()["id"] == "reviewer:1"
    assert (await client.post("/v1/agents", json={})).json()["id"].startswith("sess_")


async def test_a_second_agent_of_one_name_is_a_conflict(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/agents", json={"session_id": MINE})
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "conflict"


async def test_agents_are_listed_page_by_page(
    client: httpx.AsyncClient, sessions: MemorySessions
) -> None:
    sessions.add(TEST_WORKSPACE, SessionId("second"))
    sessions.add(WorkspaceId("ws_other"), SessionId("hidden"))
    first = (await client.get("/v1/agents", params={"limit": 1})).json()
    assert [agent["id"] for agent in first["data"]] == ["second"]
    params = {"limit": 1, "cursor": first["next_cursor"]}
    second = (await client.get("/v1/agents", params=params)).json()
    assert [agent["id"] for agent in second["data"]] == [MINE]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("limit", ["0", "201", "many"])
async def test_a_page_has_a_sensible_size(client: httpx.AsyncClient, limit: str) -> None:
    response = await client.get("/v1/agents", params={"limit": limit})
    assert response.status_code == 400
    assert response.json()["param"] == "limit"


async def test_an_agent_is_described(client: httpx.AsyncClient) -> None:
    agent = (await client.get("/v1/agents/mine")).json()
    assert agent == {
        "object": "agent",
        "id": "mine",
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-01-01T00:00:00+00:00",
        "num_turns": 0,
        "num_messages": 0,
        "num_tokens": 0,
        "model": "scripted",
        "title": None,
    }


@pytest.mark.parametrize("scope", [Scope.SESSIONS, Scope.ADMIN])
async def test_stats_are_those_of_the_workspace(
    client: httpx.AsyncClient, keys: StaticKeys, scope: Scope
) -> None:
    keys.principals[TEST_KEY] = principal(scopes=frozenset({scope}))
    assert (await client.get("/v1/agents/stats")).json() == {"sessions": 1}


async def test_an_operator_is_told_the_machines_stats_too(client: httpx.AsyncClient) -> None:
    stats = (await client.get("/v1/agents/stats")).json()
    assert stats == {"sessions": 1, "engine_running": 0}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/agents/theirs"),
        ("GET", "/v1/agents/theirs/transcript"),
        ("DELETE", "/v1/agents/theirs"),
        ("POST", "/v1/agents/theirs/turns"),
    ],
)
async def test_an_agent_of_another_workspace_does_not_exist(
    client: httpx.AsyncClient,
    sessions: MemorySessions,
    turns: ScriptedTurns,
    method: str,
    path: str,
) -> None:
    sessions.add(WorkspaceId("ws_other"), SessionId("theirs"))
    body = {"message": "Hi"} if method == "POST" else None
    response = await client.request(method, path, json=body)
    assert response.status_code == 404
    assert response.json()["detail"] == "No session 'theirs' exists here."
    assert turns.requests == []


async def test_a_turn_sends_only_what_is_new(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    response = await client.post("/v1/agents/mine/turns", json={"message": "Hi", "max_tokens": 9})
    [request] = turns.requests
    assert request.is_delta
    assert request.named_session == MINE
    assert request.messages == (Message(Role.USER, (Text("Hi"),)),)
    assert request.sampling.max_tokens == 9
    answer = response.json()
    assert answer["message"]["content"] == [
        {"type": "thinking", "text": "I should look."},
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": "call_1", "name": "weather", "arguments": '{"city":"Paris"}'},
        {"type": "tool_use", "id": "call_2", "name": "clock", "arguments": "{}"},
    ]
    assert answer["finish_reason"] == "tool_calls"
    assert answer["usage"]["cached_tokens"] == 16
    assert answer["turn_id"] == request.turn_id


async def test_a_turn_takes_the_sampling_fields_of_the_other_surfaces(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    fields = {"logit_bias": {"17": -100}, "stop": "END", "temperature": None, "top_k": 4}
    response = await client.post("/v1/agents/mine/turns", json={"message": "Hi", **fields})
    assert response.status_code == 200
    [request] = turns.requests
    assert request.sampling.logit_bias == {17: -100.0}
    assert request.sampling.stop == ("END",)
    assert request.sampling.temperature == 1.0
    assert request.sampling.top_k == 4


@pytest.mark.parametrize(
    ("field", "value", "way"),
    [("n", 2, "fork it"), ("logprobs", True, "chat"), ("top_logprobs", 3, "chat")],
)
async def test_a_turn_refuses_what_a_session_has_one_answer_for(
    client: httpx.AsyncClient, turns: ScriptedTurns, field: str, value: object, way: str
) -> None:
    response = await client.post("/v1/agents/mine/turns", json={"message": "Hi", field: value})
    assert response.status_code == 400
    assert way in response.json()["detail"]
    assert turns.requests == []


async def test_tool_results_go_back_as_messages(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}
    messages = [
        {"role": "tool", "content": [result]},
        {"role": "user", "content": [{"type": "text", "text": "Well?"}]},
    ]
    response = await client.post("/v1/agents/mine/turns", json={"messages": messages})
    assert response.status_code == 200
    assert turns.requests[0].messages == (
        Message(Role.TOOL, (ToolResult("call_1", "rain"),)),
        Message(Role.USER, (Text("Well?"),)),
    )


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "message"),
        ({"message": "a", "messages": [{"content": "b"}]}, "message"),
        ({"message": {"role": "tool", "content": "rain"}}, "message"),
        ({"message": {"role": "assistant", "content": "I said"}}, "message.role"),
        ({"message": {"content": [{"type": "image"}]}}, "message.content.0"),
        ({"message": "a", "frobnicate": 1}, "frobnicate"),
        ({"message": "a", "n": 2}, "n"),
    ],
)
async def test_a_turn_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: dict[str, object], param: str
) -> None:
    response = await client.post("/v1/agents/mine/turns", json=body)
    assert response.status_code == 400
    assert response.json()["param"] == param


async def test_a_streamed_turn_names_its_events(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = turn(Ping(256, 512), TextDelta(0, "Hi", 1))
    body = {"message": "Hi", "stream": True}
    response = await client.post("/v1/agents/mine/turns", json=body)
    told = events(response.text)
    assert [name for name, _ in told] == [
        "turn_started",
        "ping",
        "text_delta",
        "choice_finished",
        "turn_finished",
    ]
    assert told[0][1]["session_id"] == MINE
    assert told[1][1] == {"num_prefilled": 256, "num_to_prefill": 512}
    assert told[2][1] == {"index": 0, "text": "Hi", "num_tokens": 1, "logprobs": []}
    assert told[4][1]["usage"]["completion_tokens"] == 7


async def test_an_error_in_mid_stream_is_a_problem_event(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = [STARTED, StreamInterrupted("The engine was lost.")]
    body = {"message": "Hi", "stream": True}
    response = await client.post("/v1/agents/mine/turns", json=body)
    name, data = events(response.text)[-1]
    assert (name, data["code"]) == ("error", "stream_interrupted")


async def test_a_transcript_gives_every_part(
    client: httpx.AsyncClient, sessions: MemorySessions
) -> None:
    sessions.add(
        TEST_WORKSPACE,
        MINE,
        [
            Message(Role.USER, (Text("Weather?"),)),
            Message(Role.ASSISTANT, (Thinking("Hm."), ToolUse("c", "weather", "{}"))),
            Message(Role.TOOL, (ToolResult("c", "rain", is_error=True),)),
        ],
    )
    transcript = (await client.get("/v1/agents/mine/transcript")).json()
    assert transcript["session"]["id"] == MINE
    assert transcript["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "text": "Hm."},
                {"type": "tool_use", "id": "c", "name": "weather", "arguments": "{}"},
            ],
        },
        {
            "role": "tool",
            "content": [
                {"type": "tool_result", "tool_use_id": "c", "content": "rain", "is_error": True}
            ],
        },
    ]


async def test_an_agent_is_deleted_for_good_or_let_go(
    client: httpx.AsyncClient, sessions: MemorySessions
) -> None:
    kept = await client.delete("/v1/agents/mine", params={"keep": "shelf"})
    assert kept.json() == {"object": "agent.deleted", "id": "mine", "kept": "shelf"}
    assert sessions.kept_on_shelf == [MINE]
    assert (await client.delete("/v1/agents/mine")).json()["kept"] is None
    assert (await client.get("/v1/agents/mine")).status_code == 404
    wrong = await client.delete("/v1/agents/mine", params={"keep": "half"})
    assert wrong.status_code == 400


async def test_a_fork_is_a_new_agent_of_the_wanted_name(
    client: httpx.AsyncClient, sessions: MemorySessions
) -> None:
    said = [Message(Role.USER, (Text(f"{n}"),)) for n in range(4)]
    sessions.add(TEST_WORKSPACE, SessionId("long"), said)
    forked = await client.post("/v1/agents/long/fork", json={"session_id": "f", "num_turns": 1})
    assert forked.status_code == 201
    assert (forked.json()["id"], forked.json()["num_messages"]) == ("f", 2)
    assert (await client.post("/v1/agents/long/fork", json={})).json()["num_messages"] == 4
    assert (await client.post("/v1/agents/nobody/fork", json={})).status_code == 404
    assert (await client.post("/v1/agents/long/fork", json={"num_turns": -1})).status_code == 400


async def test_what_is_exported_can_be_imported(
    client: httpx.AsyncClient, sessions: MemorySessions
) -> None:
    said = [Message(Role.USER, (Text("first"),)), Message(Role.USER, (Text("second"),))]
    sessions.add(TEST_WORKSPACE, SessionId("long"), said)
    exported = await client.get("/v1/agents/long/export")
    assert exported.headers["content-type"] == "application/x-tar"
    assert exported.headers["content-disposition"] == 'attachment; filename="long.tar"'
    imported = await client.post(
        "/v1/agents/import", params={"session_id": "copy"}, content=exported.content
    )
    assert imported.status_code == 201
    assert imported.json()["num_cached_tokens"] == 2
    transcript = (await client.get("/v1/agents/copy/transcript")).json()
    assert [m["content"][0]["text"] for m in transcript["messages"]] == ["first", "second"]
    assert (await client.get("/v1/agents/nobody/export")).status_code == 404
