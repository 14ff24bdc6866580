"""The OpenAI Chat Completions API, through the official client and byte by byte."""

from typing import Any

import httpx
import openai
import pytest

from agent_memory.errors import PromptTooLong, QueueFull, StreamInterrupted
from agent_memory.testing.runtime import ScriptedTurns
from agent_memory.turns.events import ChoiceFinished, FinishReason, TextDelta
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
from tests.unit.api.scripts import FINISHED, STARTED, TWO_CALLS, logprob, stop, turn
from tests.unit.api.sse import events

HELLO: dict[str, Any] = {
    "model": "gpt-any",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


async def test_a_question_is_answered_with_honest_usage(gpt: openai.AsyncOpenAI) -> None:
    completion = await gpt.chat.completions.create(**HELLO)
    assert completion.id.startswith("chatcmpl-")
    assert completion.model == "gpt-any"
    [choice] = completion.choices
    assert (choice.message.content, choice.finish_reason) == ("Paris.", "stop")
    usage = completion.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (21, 7, 28)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 16
    assert usage.to_dict()["miss_reason"] == "new_message at token 16"


async def test_tool_calls_and_reasoning_come_whole(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    completion = await gpt.chat.completions.create(**HELLO)
    [choice] = completion.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Looking."
    assert choice.message.to_dict()["reasoning_content"] == "I should look."
    calls = [
        (call.id, call.function.name, call.function.arguments)
        for call in choice.message.tool_calls or ()
        if call.type == "function"
    ]
    assert calls == [("call_1", "weather", '{"city":"Paris"}'), ("call_2", "clock", "{}")]
    assert completion.usage is not None
    assert completion.usage.completion_tokens_details is not None
    assert completion.usage.completion_tokens_details.reasoning_tokens == 3


async def test_a_streamed_completion_adds_up_to_the_whole_one(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    whole = await gpt.chat.completions.create(**HELLO)
    async with gpt.chat.completions.stream(
        **HELLO, stream_options={"include_usage": True}
    ) as stream:
        streamed = await stream.get_final_completion()
    assert streamed.usage == whole.usage
    ours, theirs = whole.choices[0], streamed.choices[0]
    assert theirs.finish_reason == ours.finish_reason
    assert theirs.message.content == ours.message.content
    assert [
        call.model_dump(include={"id", "type"}) for call in theirs.message.tool_calls or ()
    ] == [call.model_dump(include={"id", "type"}) for call in ours.message.tool_calls or ()]


async def test_the_chunks_of_a_stream(client: httpx.AsyncClient, turns: ScriptedTurns) -> None:
    turns.script = TWO_CALLS
    body = {**HELLO, "stream": True, "stream_options": {"include_usage": True}}
    response = await client.post("/v1/chat/completions", json=body)
    data = [data for _, data in events(response.text)]
    assert data[-1] == "[DONE]"
    *chunks, last = data[:-1]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 7
    assert all(chunk["usage"] is None for chunk in chunks)
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[1] == {"reasoning_content": "I should "}
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert [call["index"] for call in calls] == [0, 0, 0, 1, 1]
    assert calls[0]["function"] == {"name": "weather", "arguments": ""}
    assert calls[1] == {"index": 0, "function": {"arguments": '{"city":'}}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_usage_is_streamed_only_when_asked_for(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/chat/completions", json={**HELLO, "stream": True})
    data = [data for _, data in events(response.text)]
    assert data[-1] == "[DONE]"
    assert not any("usage" in chunk for chunk in data[:-1])


async def test_several_choices_are_kept_apart(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = (
        STARTED,
        TextDelta(1, "b", 1),
        TextDelta(0, "a", 1),
        TextDelta(1, "B", 1),
        ChoiceFinished(1, FinishReason.LENGTH),
        stop(0),
        FINISHED,
    )
    completion = await gpt.chat.completions.create(**HELLO, n=2)
    assert [(c.index, c.message.content, c.finish_reason) for c in completion.choices] == [
        (0, "a", "stop"),
        (1, "bB", "length"),
    ]
    assert turns.requests[0].sampling.n == 2


async def test_logprobs_are_given_streamed_or_not(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    likely = logprob("Par", -0.1)
    turns.script = turn(
        TextDelta(0, "Par", 1, (logprob("Par", -0.1, likely, logprob("Lon", -3.0)),))
    )
    completion = await gpt.chat.completions.create(**HELLO, logprobs=True, top_logprobs=2)
    logprobs = completion.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    [token] = logprobs.content
    assert (token.token, token.bytes, token.logprob) == ("Par", [80, 97, 114], -0.1)
    assert [(top.token, top.logprob) for top in token.top_logprobs] == [("Par", -0.1), ("Lon", -3)]
    assert turns.requests[0].sampling.num_logprobs == 2
    stream = await gpt.chat.completions.create(**HELLO, logprobs=True, stream=True)
    streamed = [chunk.choices[0].logprobs async for chunk in stream]
    assert [entry.content for entry in streamed if entry is not None] == [logprobs.content]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('{"command": "l', '{"command": "l'),
        ("[1", "[1"),
        ('"ls"', '"ls"'),
        ("null", "{}"),
        ("", "{}"),
        (None, "{}"),
        ({"city": "Ulm"}, '{"city":"Ulm"}'),
        ('{ "city": "Ulm" }', '{ "city": "Ulm" }'),
    ],
)
async def test_arguments_in_the_history_are_kept_whatever_they_are(
    client: httpx.AsyncClient, turns: ScriptedTurns, sent: object, kept: str
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": sent}}
    history = [{"role": "assistant", "tool_calls": [call]}, *HELLO["messages"]]
    response = await client.post("/v1/chat/completions", json={**HELLO, "messages": history})
    assert response.status_code == 200, response.text
    assert turns.requests[0].messages[0].parts == (ToolUse("c1", "f", kept),)


async def test_the_request_becomes_a_turn(client: httpx.AsyncClient, turns: ScriptedTurns) -> None:
    body = {
        **HELLO,
        "messages": [
            {"role": "developer", "content": "Be terse."},
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
            {
                "role": "assistant",
                "content": None,
                "reasoning_content": "Hm.",
                "refusal": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{ "city": "Ulm" }'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
        ],
        "tools": [WEATHER],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "parallel_tool_calls": False,
        "max_completion_tokens": 64,
        "temperature": 0,
        "top_p": 0.9,
        "top_k": 40,
        "min_p": 0.1,
        "seed": 7,
        "stop": "END",
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "repetition_penalty": 1.1,
        "logit_bias": {"42": -100},
        "reasoning_effort": "high",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": {"type": "array"}, "strict": True},
        },
        "session_id": "mine",
        "user": "u",
        "store": False,
        "metadata": {"a": "b"},
        "modalities": ["text"],
    }
    response = await client.post("/v1/chat/completions", json=body)
    assert response.status_code == 200, response.text
    assert response.headers["x-session-id"] == "mine"
    [request] = turns.requests
    assert request.named_session == "mine"
    assert request.messages == (
        Message(Role.SYSTEM, (Text("Be terse."),)),
        Message(Role.USER, (Text("Weather?"),)),
        Message(Role.ASSISTANT, (Thinking("Hm."), ToolUse("c1", "weather", '{ "city": "Ulm" }'))),
        Message(Role.TOOL, (ToolResult("c1", "rain"),)),
    )
    assert request.form.tools == (ToolSpec("weather", "", {"type": "object"}),)
    assert request.form.tool_choice == ToolChoice(ToolMode.NAMED, "weather")
    assert request.form.parallel_tool_calls is False
    assert request.form.thinking is True
    assert request.form.json_schema == '{"type":"array"}'
    sampling = request.sampling
    assert (sampling.max_tokens, sampling.temperature, sampling.top_p) == (64, 0, 0.9)
    assert (sampling.top_k, sampling.min_p, sampling.seed) == (40, 0.1, 7)
    assert (sampling.presence_penalty, sampling.frequency_penalty) == (0.5, -0.5)
    assert (sampling.repetition_penalty, sampling.logit_bias) == (1.1, {42: -100})
    assert (sampling.stop, sampling.n, sampling.num_logprobs) == (("END",), 1, None)


async def test_without_a_bound_the_rest_of_the_window_is_meant(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    await client.post("/v1/chat/completions", json=HELLO)
    assert not turns.requests[0].max_tokens_given
    assert turns.requests[0].sampling.max_tokens == 1_000_000


@pytest.mark.parametrize(
    ("response_format", "expected"),
    [(None, None), ({"type": "text"}, None), ({"type": "json_object"}, '{"type":"object"}')],
)
async def test_response_formats(
    client: httpx.AsyncClient,
    turns: ScriptedTurns,
    response_format: dict[str, str] | None,
    expected: str | None,
) -> None:
    await client.post("/v1/chat/completions", json={**HELLO, "response_format": response_format})
    assert turns.requests[0].form.json_schema == expected


def _messages(*messages: dict[str, object]) -> dict[str, object]:
    return {"messages": list(messages)}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        (
            _messages({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}),
            "messages.0.content.0",
        ),
        (_messages({"role": "user"}), "messages.0.content"),
        (_messages({"role": "user", "content": 5}), "messages.0.content"),
        (_messages({"role": "robot", "content": "x"}), "messages.0.role"),
        (_messages({"role": "function", "name": "f", "content": "x"}), "messages.0.role"),
        (_messages({"role": "tool", "content": "x"}), "messages.0.tool_call_id"),
        (
            _messages({"role": "assistant", "tool_calls": [{"id": "c", "type": "custom"}]}),
            "messages.0.tool_calls.0",
        ),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"function_call": "auto"}, "function_call"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"modalities": ["text", "audio"]}, "modalities.1"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools.0.type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"logit_bias": {"word": 1}}, "logit_bias.word"),
        ({"n": 9}, "n"),
        ({"max_tokens": 1_000_001}, "max_tokens"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        ({"session_id": "a b"}, "session_id"),
        ({"frobnicate": True}, "frobnicate"),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    client: httpx.AsyncClient, turns: ScriptedTurns, change: dict[str, object], param: str
) -> None:
    response = await client.post("/v1/chat/completions", json={**HELLO, **change})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"] == "invalid_request"
    assert error["param"].startswith(param)
    assert turns.requests == []


async def test_errors_before_the_first_event_are_those_of_the_protocol(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = [PromptTooLong(9000, 8192)]
    with pytest.raises(openai.BadRequestError) as too_long:
        await gpt.chat.completions.create(**HELLO, stream=True)
    assert too_long.value.code == "context_length_exceeded"
    turns.script = [QueueFull(64, 3)]
    with pytest.raises(openai.RateLimitError) as full:
        await gpt.chat.completions.create(**HELLO)
    assert full.value.response.headers["retry-after"] == "3"


async def test_an_error_in_mid_stream_reaches_the_client(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = [STARTED, TextDelta(0, "Par", 1), StreamInterrupted("The engine was lost.")]
    stream = await gpt.chat.completions.create(**HELLO, stream=True)
    assert [(await anext(stream)).choices[0].delta.content for _ in range(2)] == ["", "Par"]
    with pytest.raises(openai.APIError, match="The engine was lost"):
        await anext(stream)


async def test_a_turn_cancelled_elsewhere_is_an_error_and_not_an_answer(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = turn(TextDelta(0, "Par", 1), reason=FinishReason.CANCELLED)
    response = await client.post("/v1/chat/completions", json={**HELLO, "stream": True})
    _, last = events(response.text)[-1]
    assert last["error"]["code"] == "cancelled"


async def test_some_tools_may_be_allowed_while_all_stay_in_the_prompt(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in "fgh"]
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    await client.post("/v1/chat/completions", json={**HELLO, "tools": tools, "tool_choice": choice})
    form = turns.requests[0].form
    assert [tool.name for tool in form.tools] == ["f", "g", "h"]
    assert [tool.name for tool in form.callable_tools] == ["g"]
    assert form.tool_choice.mode is ToolMode.REQUIRED


async def test_images_in_results_and_earlier_messages_are_told_in_words(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    said: list[dict[str, object]] = [
        {"role": "user", "content": [{"type": "text", "text": "Look"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": [image]},
        {"role": "user", "content": "What is it?"},
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "file", "file": {}}]},
    ]
    answer = await client.post("/v1/chat/completions", json={**HELLO, **_messages(*said)})
    assert answer.status_code == 200
    messages = turns.requests[0].messages
    note = "[image/png, not shown: this model reads text only]"
    assert messages[0].parts == (Text("Look"), Text(note))
    assert messages[2].parts == (ToolResult("c", note),)
    assert messages[4].parts == (ToolResult("c", "[file, not shown: this model reads text only]"),)


@pytest.mark.parametrize(
    ("sent", "form"),
    [
        ({"guided_choice": ["yes", 'n"o']}, '"yes" | "n\\"o"'),
        ({"guided_regex": r"a/b\d+\/"}, r"/a\/b\d+\//"),
        ({"structured_outputs": {"choice": ["a"]}}, '"a"'),
        ({"structured_outputs": {"regex": "a"}}, "/a/"),
    ],
)
async def test_texts_may_be_demanded_as_vllm_has_it(
    client: httpx.AsyncClient, turns: ScriptedTurns, sent: dict[str, object], form: str
) -> None:
    await client.post("/v1/chat/completions", json={**HELLO, **sent})
    assert turns.requests[0].form.text_form == form
