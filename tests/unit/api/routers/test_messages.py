"""The Anthropic Messages API, through the official client and byte by byte."""

from typing import Any

import anthropic
import httpx
import pytest

from agent_memory.errors import EngineUnavailable, PromptTooLong, QueueFull, StreamInterrupted
from agent_memory.testing.runtime import ScriptedTurns
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from agent_memory.turns.messages import (
    Message,
    Role,
    Text,
    Thinking,
    ToolChoice,
    ToolMode,
    ToolResult,
    ToolSpec,
    ToolUse,
)
from agent_memory.turns.request import MessagePin
from tests.unit.api.scripts import FINISHED, STARTED, TWO_CALLS, turn
from tests.unit.api.sse import events

HELLO: dict[str, Any] = {
    "model": "claude-any-9",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
WEATHER = {"name": "weather", "description": "of a city", "input_schema": {"type": "object"}}


async def test_a_message_is_answered_with_honest_usage(claude: anthropic.AsyncAnthropic) -> None:
    message = await claude.messages.create(**HELLO)
    assert message.id.startswith("msg_")
    assert message.model == "claude-any-9"
    assert message.content[0].type == "text"
    assert message.content[0].text == "Paris."
    assert message.stop_reason == "end_turn"
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens) == (5, 16)
    assert (usage.cache_creation_input_tokens, usage.output_tokens) == (0, 7)


async def test_a_streamed_message_adds_up_to_the_whole_one(
    claude: anthropic.AsyncAnthropic, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    whole = await claude.messages.create(**HELLO)
    async with claude.messages.stream(**HELLO) as stream:
        streamed = await stream.get_final_message()
    assert [block.type for block in whole.content] == ["thinking", "text", "tool_use", "tool_use"]
    ours, theirs = whole.model_dump(exclude={"id"}), streamed.model_dump(exclude={"id"})
    del ours["usage"]["miss_reason"]  # the client keeps no extensions of a stream
    assert theirs == ours


async def test_the_events_of_a_stream_come_in_the_order_of_the_protocol(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    response = await client.post("/v1/messages", json={**HELLO, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    told = [
        (name, data.get("delta", {}).get("type") or data.get("content_block", {}).get("type"))
        for name, data in events(response.text)
    ]
    assert told == [
        ("message_start", None),
        ("ping", None),
        ("content_block_start", "thinking"),
        ("content_block_delta", "thinking_delta"),
        ("content_block_delta", "thinking_delta"),
        ("content_block_delta", "signature_delta"),
        ("content_block_stop", None),
        ("content_block_start", "text"),
        ("content_block_delta", "text_delta"),
        ("content_block_stop", None),
        ("content_block_start", "tool_use"),
        ("content_block_delta", "input_json_delta"),
        ("content_block_delta", "input_json_delta"),
        ("content_block_stop", None),
        ("content_block_start", "tool_use"),
        ("content_block_delta", "input_json_delta"),
        ("content_block_stop", None),
        ("message_delta", None),
        ("message_stop", None),
    ]
    assert all(name == data["type"] for name, data in events(response.text))


async def test_message_start_counts_the_prompt_and_message_delta_the_rest(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post("/v1/messages", json={**HELLO, "stream": True})
    by_name = dict(events(response.text))
    started = by_name["message_start"]["message"]
    assert started["usage"]["input_tokens"] == 5
    assert started["usage"]["cache_read_input_tokens"] == 16
    assert started["usage"]["output_tokens"] == 0
    assert started["stop_reason"] is None
    assert by_name["message_delta"]["delta"]["stop_reason"] == "end_turn"
    assert by_name["message_delta"]["usage"]["output_tokens"] == 7
    assert by_name["message_delta"]["usage"]["miss_reason"] == "new_message at token 16"


async def test_the_request_becomes_a_turn(client: httpx.AsyncClient, turns: ScriptedTurns) -> None:
    cached = {"cache_control": {"type": "ephemeral"}}
    body = {
        **HELLO,
        "system": [{"type": "text", "text": "Be terse.", **cached}, {"type": "text", "text": "!"}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Weather?", **cached}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                    {"type": "redacted_thinking", "data": "xyz"},
                    {"type": "text", "text": "Looking."},
                    {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Ulm"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": [
                            {"type": "text", "text": "rain"},
                            {"type": "text", "text": "+"},
                        ],
                        **cached,
                    },
                    {"type": "tool_result", "tool_use_id": "c2", "content": "no", "is_error": True},
                    {"type": "text", "text": "And tomorrow?"},
                ],
            },
            {"role": "system", "content": "It is late."},
        ],
        "tools": [{**WEATHER, **cached}],
        "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
        "stop_sequences": ["END"],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "thinking": {"type": "enabled", "budget_tokens": 2048},
        "service_tier": "auto",
        "container": None,
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"a": 1}}},
    }
    response = await client.post(
        "/v1/messages?beta=true",
        json=body,
        headers={"anthropic-version": "2023-06-01", "anthropic-beta": "a,b"},
    )
    assert response.status_code == 200, response.text
    [request] = turns.requests
    assert request.messages == (
        Message(Role.SYSTEM, (Text("Be terse."), Text("!"))),
        Message(Role.USER, (Text("Weather?"),)),
        Message(
            Role.ASSISTANT,
            (Thinking("Hm."), Text("Looking."), ToolUse("c1", "weather", '{"city":"Ulm"}')),
        ),
        Message(Role.TOOL, (ToolResult("c1", "rain\n+"),)),
        Message(Role.TOOL, (ToolResult("c2", "no", is_error=True),)),
        Message(Role.USER, (Text("And tomorrow?"),)),
        Message(Role.SYSTEM, (Text("It is late."),)),
    )
    assert request.form.tools == (ToolSpec("weather", "of a city", {"type": "object"}),)
    assert request.form.tool_choice == ToolChoice(ToolMode.NAMED, "weather")
    assert request.form.parallel_tool_calls is False
    assert request.form.thinking is True
    assert request.form.thinking_budget == 2048
    assert request.form.json_schema == '{"a":1}'
    assert request.max_tokens_given
    sampling = request.sampling
    assert (sampling.max_tokens, sampling.temperature, sampling.top_p) == (64, 0.5, 0.9)
    assert (sampling.top_k, sampling.stop) == (40, ("END",))


@pytest.mark.parametrize(
    ("thinking", "expected"),
    [({"type": "disabled"}, False), ({"type": "adaptive"}, None), (None, None)],
)
async def test_thinking_is_asked_for_or_left_to_the_model(
    client: httpx.AsyncClient,
    turns: ScriptedTurns,
    thinking: dict[str, str] | None,
    expected: bool | None,
) -> None:
    await client.post("/v1/messages", json={**HELLO, "thinking": thinking})
    assert turns.requests[0].form.thinking is expected


IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "text only"),
        ({"system": [IMAGE]}, "text only"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
            "messages.0.content.0.text",
        ),
        (
            {
                "messages": [*HELLO["messages"], {"role": "assistant", "content": "Pa"}],
                "thinking": {"type": "enabled", "budget_tokens": 1024},
            },
            "The last message must not be the assistant's here",
        ),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 2_000_000}, "1000000"),
        ({"max_tokens": "64"}, "max_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"stop_sequences": [""]}, "stop_sequences.0"),
        ({"frobnicate": 1}, "Unknown field 'frobnicate'"),
        ({"mcp_servers": [{"url": "x"}]}, "'mcp_servers' is not supported"),
        ({"container": "c"}, "'container' is not supported"),
        ({"context_management": {"edits": [{"type": "clear_all"}]}}, "clear_all"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "web_search_20250305"),
        ({"tools": [{"name": "x"}]}, "tools.0.input_schema"),
        ({"tools": [WEATHER, WEATHER]}, "Two tools are named 'weather'"),
        ({"tool_choice": {"type": "any"}}, "no tools were sent"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "y"}}, "No tool is named"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    client: httpx.AsyncClient, turns: ScriptedTurns, change: dict[str, object], words: str
) -> None:
    response = await client.post("/v1/messages", json={**HELLO, **change})
    assert response.status_code == 400
    body = response.json()
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert words in body["error"]["message"]
    assert turns.requests == []


async def test_a_call_that_was_cut_off_is_left_out(
    claude: anthropic.AsyncAnthropic, turns: ScriptedTurns
) -> None:
    turns.script = turn(
        TextDelta(0, "Now.", 1),
        ToolCallStarted(0, "c1", "weather"),
        ToolCallDelta(0, "{}", 1),
        ToolCallStarted(0, "c2", "weather"),
        ToolCallDelta(0, '{"city":"Ulm","days":[1,', 5),
        reason=FinishReason.LENGTH,
    )
    message = await claude.messages.create(**HELLO)
    async with claude.messages.stream(**HELLO) as stream:
        streamed = await stream.get_final_message()
    for each in (message, streamed):
        assert each.stop_reason == "max_tokens"
        assert [block.type for block in each.content] == ["text", "tool_use"]
        calls = [b for b in each.content if isinstance(b, anthropic.types.ToolUseBlock)]
        assert [(call.id, call.input) for call in calls] == [("c1", {})]


async def test_a_stream_that_holds_a_long_call_back_shows_that_it_lives(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    pieces = [ToolCallDelta(0, "x", 1)] * 300
    turns.script = turn(
        ToolCallStarted(0, "c1", "write"),
        ToolCallDelta(0, '{"text":"', 1),
        *pieces,
        ToolCallDelta(0, '"}', 1),
        reason=FinishReason.TOOL_CALLS,
    )
    response = await client.post("/v1/messages", json={**HELLO, "stream": True})
    names = [name for name, _ in events(response.text)]
    assert names[2:6] == ["ping"] * 4
    assert names.count("content_block_delta") == 302


async def test_the_stop_sequence_is_named(
    claude: anthropic.AsyncAnthropic, turns: ScriptedTurns
) -> None:
    turns.script = (
        STARTED,
        TextDelta(0, "a", 1),
        ChoiceFinished(0, FinishReason.STOP_SEQUENCE, "END"),
        FINISHED,
    )
    message = await claude.messages.create(**HELLO)
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "END")
    async with claude.messages.stream(**HELLO) as stream:
        streamed = await stream.get_final_message()
    assert (streamed.stop_reason, streamed.stop_sequence) == ("stop_sequence", "END")


async def test_an_error_before_the_first_event_is_an_http_error(
    claude: anthropic.AsyncAnthropic, turns: ScriptedTurns
) -> None:
    turns.script = [QueueFull(64, 3)]
    with pytest.raises(anthropic.RateLimitError) as caught:
        async with claude.messages.stream(**HELLO) as stream:
            await stream.get_final_message()
    assert caught.value.response.headers["retry-after"] == "3"
    turns.script = [EngineUnavailable("No node with the resource 'mlx' is alive.")]
    with pytest.raises(anthropic.InternalServerError, match="No node with the resource") as down:
        await claude.messages.create(**HELLO)
    assert down.value.status_code == 503


async def test_a_prompt_that_is_too_long_is_told_in_claude_codes_words(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = [PromptTooLong(9000, 8192)]
    response = await client.post("/v1/messages", json=HELLO)
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "prompt is too long: 9000 tokens > 8192 maximum"


async def test_an_error_in_mid_stream_is_an_error_event_and_the_last_one(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = [STARTED, TextDelta(0, "Par", 1), StreamInterrupted("The engine was lost.")]
    response = await client.post("/v1/messages", json={**HELLO, "stream": True})
    assert response.status_code == 200
    name, data = events(response.text)[-1]
    assert name == "error"
    assert data["error"] == {"type": "api_error", "message": "The engine was lost."}
    assert "Par" in response.text


async def test_tokens_are_counted_over_the_same_prompt(
    claude: anthropic.AsyncAnthropic, turns: ScriptedTurns
) -> None:
    counted = await claude.messages.count_tokens(
        model="claude-x", system="Be terse.", messages=[{"role": "user", "content": "Hi"}]
    )
    assert counted.input_tokens == 21
    assert turns.requests[0].messages == (
        Message(Role.SYSTEM, (Text("Be terse."),)),
        Message(Role.USER, (Text("Hi"),)),
    )


async def test_the_session_in_the_metadata_of_claude_code_is_used_and_told(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    session = "0a1b2c3d-0000-4000-8000-000000000000"
    metadata = {"user_id": f"user_{'f' * 64}_account__session_{session}"}
    response = await client.post("/v1/messages", json={**HELLO, "metadata": metadata})
    assert turns.requests[0].named_session == session
    assert response.headers["x-session-id"] == session
    assert response.headers["x-model"] == "org/tiny"


async def test_places_marked_as_worth_keeping_are_passed_on(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    body = {
        **HELLO,
        "system": [{"type": "text", "text": "Be terse.", "cache_control": mark}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": mark}]},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "Bye"},
        ],
    }
    assert (await client.post("/v1/messages", json=body)).status_code == 200
    assert turns.requests[0].cache_marks == (1, 2)
    bad = {**body, "system": [{"type": "text", "text": "x", "cache_control": {"type": "for ever"}}]}
    assert (await client.post("/v1/messages", json=bad)).status_code == 400


async def test_marks_with_a_time_to_live_pin_what_is_before_them(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    def marked(text: str, ttl: str | None) -> list[dict[str, object]]:
        control = {"type": "ephemeral"} | ({"ttl": ttl} if ttl else {})
        return [{"type": "text", "text": text, "cache_control": control}]

    body = {
        "model": "any",
        "max_tokens": 8,
        "system": marked("Be terse.", "1h"),
        "messages": [
            {"role": "user", "content": marked("Hi", None)},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": marked("And?", "5m")},
        ],
    }
    response = await client.post("/v1/messages", json=body)
    assert response.status_code == 200, response.text
    [request] = turns.requests
    assert request.cache_marks == (1, 2, 4)
    assert request.pins == (MessagePin(1, 3600.0), MessagePin(4, 300.0))


@pytest.mark.parametrize("place", ["message", "system", "tools", "body"])
@pytest.mark.parametrize("ttl", ["2h", "", 300])
async def test_a_time_to_live_that_does_not_exist_is_refused(
    client: httpx.AsyncClient, turns: ScriptedTurns, place: str, ttl: object
) -> None:
    control = {"cache_control": {"type": "ephemeral", "ttl": ttl}}
    text = {"type": "text", "text": "Hi"}
    body = {
        "model": "any",
        "max_tokens": 8,
        "system": [text | (control if place == "system" else {})],
        "tools": [WEATHER | (control if place == "tools" else {})],
        "messages": [{"role": "user", "content": [text | (control if place == "message" else {})]}],
        **(control if place == "body" else {}),
    }
    response = await client.post("/v1/messages", json=body)
    assert response.status_code == 400
    assert "ttl" in response.text
    assert turns.requests == []
