"""The OpenAI Responses API, through the official client and event by event."""

from typing import Any

import httpx
import openai
import orjson
import pytest
from openai._streaming import SSEDecoder
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from agent_memory.errors import PromptTooLong, QueueFull, StreamInterrupted
from agent_memory.sealed_text import TextSeal
from agent_memory.testing.runtime import TEST_WORKSPACE, Pause, ScriptedTurns
from agent_memory.turns.events import FinishReason, TextDelta, ToolCallDelta, ToolCallStarted
from agent_memory.turns.messages import (
    Message,
    Role,
    Text,
    Thinking,
    ToolChoice,
    ToolMode,
    ToolResult,
    ToolUse,
)
from agent_memory.turns.request import TurnRequest
from tests.unit.api.scripts import STARTED, TWO_CALLS, logprob, turn
from tests.unit.api.sse import events

HELLO: dict[str, Any] = {"model": "gpt-any", "input": "What is the capital of France?"}
WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
PATCH = {"type": "custom", "name": "patch", "description": "Apply it."}
TEAM = {
    "type": "namespace",
    "name": "team",
    "description": "Agents.",
    "tools": [{"type": "function", "name": "spawn", "parameters": {"type": "object"}}],
}
CUSTOM_CALL = turn(
    ToolCallStarted(0, "call_1", "patch"),
    ToolCallDelta(0, '{"input": "*** Beg', 3),
    ToolCallDelta(0, 'in\\n"}', 2),
    ToolCallStarted(0, "call_2", "team__spawn"),
    ToolCallDelta(0, "{}", 1),
    reason=FinishReason.TOOL_CALLS,
)
_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
_RESPONSE = TypeAdapter(Response)


async def streamed(client: httpx.AsyncClient, **fields: object) -> list[dict[str, Any]]:
    """The events of a response, each of them one that the official client's models accept."""
    answer = await client.post("/v1/responses", json={**HELLO, "stream": True, **fields})
    assert answer.status_code == httpx.codes.OK, answer.text
    found = events(answer.text)
    assert [data["sequence_number"] for _, data in found] == list(range(len(found)))
    for name, data in found:
        assert name == data["type"]
        _EVENT.validate_python(data)
    return [data for _, data in found]


async def created(client: httpx.AsyncClient, **fields: object) -> dict[str, Any]:
    answer = await client.post("/v1/responses", json={**HELLO, **fields})
    assert answer.status_code == httpx.codes.OK, answer.text
    _RESPONSE.validate_python(answer.json())
    return dict(answer.json())


async def refused(client: httpx.AsyncClient, **fields: object) -> dict[str, Any]:
    answer = await client.post("/v1/responses", json={**HELLO, **fields})
    assert answer.status_code == httpx.codes.BAD_REQUEST, answer.text
    return dict(answer.json()["error"])


async def asked(client: httpx.AsyncClient, turns: ScriptedTurns, **fields: object) -> TurnRequest:
    await created(client, **fields)
    return turns.requests[-1]


async def test_a_question_is_answered_with_honest_usage(gpt: openai.AsyncOpenAI) -> None:
    response = await gpt.responses.create(**HELLO)
    assert response.id.startswith("resp_")
    assert (response.output_text, response.status) == ("Paris.", "completed")
    assert response.model == "gpt-any"
    usage = response.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (21, 7, 28)
    assert usage.input_tokens_details.cached_tokens == 16
    assert usage.input_tokens_details.cache_write_tokens == 5
    assert usage.to_dict()["miss_reason"] == "new_message at token 16"


async def test_all_events_of_a_text_come_in_order(client: httpx.AsyncClient) -> None:
    told = await streamed(client)
    assert [event["type"].removeprefix("response.") for event in told] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert told[0]["response"]["status"] == "in_progress"
    assert told[6]["text"] == "Paris."
    assert told[-1]["response"]["output"] == [told[8]["item"]]
    assert len({event["item_id"] for event in told if "item_id" in event}) == 1


async def test_a_stream_says_the_same_wherever_it_is_cut(client: httpx.AsyncClient) -> None:
    raw = (await client.post("/v1/responses", json={**HELLO, "stream": True})).content
    told = [data for _, data in events(raw.decode())]
    for at in range(0, len(raw), 7):
        pieces = [raw[:at], raw[at : at + 3], raw[at + 3 :]]
        [*found] = SSEDecoder().iter_bytes(iter(pieces))
        assert [orjson.loads(event.data) for event in found] == told


@pytest.mark.parametrize("script", [TWO_CALLS, CUSTOM_CALL])
async def test_a_stream_ends_with_the_whole_response(
    client: httpx.AsyncClient, turns: ScriptedTurns, script: Any
) -> None:
    turns.script = script
    tools = [PATCH, TEAM]
    whole = await created(client, tools=tools)
    told = await streamed(client, tools=tools)
    last = told[-1]["response"]
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    assert done == last["output"]
    own = {"id", "created_at", "completed_at", "output"}
    assert {k: v for k, v in last.items() if k not in own} == {
        k: v for k, v in whole.items() if k not in own
    }
    old, new = whole["id"].removeprefix("resp_"), last["id"].removeprefix("resp_")
    assert orjson.dumps(whole["output"]).replace(old.encode(), new.encode()) == orjson.dumps(
        last["output"]
    )


async def test_reasoning_text_and_calls_are_items_in_their_order(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    async with gpt.responses.stream(**HELLO) as stream:
        async for _ in stream:
            pass
        response = await stream.get_final_response()
    kinds = [item.type for item in response.output]
    assert kinds == ["reasoning", "message", "function_call", "function_call"]
    thinking, _, first, second = response.output
    assert thinking.to_dict()["content"] == [_reasoning("I should look.")]
    assert (first.call_id, first.name, first.arguments) == (  # type: ignore[union-attr]
        "call_1",
        "weather",
        '{"city":"Paris"}',
    )
    assert second.arguments == "{}"  # type: ignore[union-attr]
    assert response.usage is not None
    assert response.usage.output_tokens_details.reasoning_tokens == 3


async def test_calls_come_back_in_the_words_of_the_client(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = CUSTOM_CALL
    response = await created(client, tools=[PATCH, TEAM])
    custom, call = response["output"]
    assert (custom["type"], custom["name"]) == ("custom_tool_call", "patch")
    assert custom["input"] == "*** Begin\n"
    assert (call["name"], call["namespace"]) == ("spawn", "team")
    names = [spec.name for spec in turns.requests[0].form.tools]
    assert names == ["patch", "team__spawn"]


async def test_a_call_that_was_cut_off_is_no_call_to_run(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = turn(
        ToolCallStarted(0, "call_1", "weather"),
        ToolCallDelta(0, '{"city": "Pa', 3),
        reason=FinishReason.LENGTH,
    )
    told = await streamed(client, tools=[WEATHER], max_output_tokens=3)
    last = told[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    [item] = last["response"]["output"]
    assert (item["status"], item["arguments"]) == ("incomplete", '{"city": "Pa')
    turns.script = turn(
        ToolCallStarted(0, "call_1", "patch"),
        ToolCallDelta(0, '{"input": "rm -rf /tmp', 3),
        reason=FinishReason.LENGTH,
    )
    assert (await created(client, tools=[PATCH]))["output"] == []


async def test_an_error_after_the_first_byte_fails_the_response(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = (STARTED, TextDelta(0, "Par", 1), StreamInterrupted("The session was lost."))
    last = (await streamed(client))[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["status"] == "failed"
    assert last["response"]["error"] == {
        "code": "server_error",
        "message": "The session was lost.",
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PromptTooLong(9000, 8191), 400, "context_length_exceeded"),
        (QueueFull(9, 3), 429, "queue_full"),
    ],
)
async def test_an_error_before_the_first_byte_is_one_of_http(
    client: httpx.AsyncClient, turns: ScriptedTurns, error: Exception, status: int, code: str
) -> None:
    turns.script = (error,)
    answer = await client.post("/v1/responses", json={**HELLO, "stream": True})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_items_are_read_as_the_conversation_that_they_are(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    request = await asked(
        client,
        turns,
        instructions="Be terse.",
        tools=[WEATHER, PATCH],
        input=[
            {"role": "developer", "content": "You are Codex."},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "reasoning", "id": "rs", "summary": [], "content": [_reasoning("hm")]},
            {
                "type": "message",
                "role": "assistant",
                "id": "msg",
                "content": [{"type": "output_text", "text": "ho", "annotations": []}],
            },
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": ""},
            {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "x"},
            {"type": "function_call_output", "call_id": "c1", "output": "sun"},
            {
                "type": "custom_tool_call_output",
                "call_id": "c2",
                "output": [{"type": "input_text", "text": "ok"}, {"type": "input_image"}],
            },
        ],
    )
    assert request.messages == (
        Message(Role.SYSTEM, (Text("Be terse."),)),
        Message(Role.SYSTEM, (Text("You are Codex."),)),
        Message(Role.USER, (Text("hi"),)),
        Message(
            Role.ASSISTANT,
            (
                Thinking("hm"),
                Text("ho"),
                ToolUse("c1", "weather", "{}"),
                ToolUse("c2", "patch", '{"input":"x"}'),
            ),
        ),
        Message(Role.TOOL, (ToolResult("c1", "sun"),)),
        Message(
            Role.TOOL,
            (ToolResult("c2", "ok\n[image, not shown: this model reads text only]"),),
        ),
    )


def _reasoning(text: str) -> dict[str, str]:
    return {"type": "reasoning_text", "text": text}


async def test_tools_that_stand_among_the_items_are_tools(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    items = [
        {"type": "additional_tools", "role": "developer", "tools": [PATCH, TEAM]},
        {"role": "user", "content": "hi"},
    ]
    request = await asked(client, turns, input=items)
    assert [spec.name for spec in request.form.tools] == ["patch", "team__spawn"]
    assert len(request.messages) == 1


@pytest.mark.parametrize("tool", ["web_search", "file_search", "code_interpreter", "mcp"])
async def test_tools_of_other_servers_are_refused_by_name(
    client: httpx.AsyncClient, tool: str
) -> None:
    error = await refused(client, tools=[{"type": tool}])
    assert (error["param"], f"'{tool}'" in error["message"]) == ("tools.0.type", True)


async def test_codex_does_without_them(client: httpx.AsyncClient, turns: ScriptedTurns) -> None:
    body = {**HELLO, "tools": [{"type": "web_search", "external_web_access": False}, WEATHER]}
    headers = {"originator": "codex_exec", "thread-id": "th-1"}
    answer = await client.post("/v1/responses", json=body, headers=headers)
    assert answer.status_code == httpx.codes.OK
    assert [spec.name for spec in turns.requests[0].form.tools] == ["weather"]
    assert turns.requests[0].named_session == "th-1"


@pytest.mark.parametrize(
    ("choice", "expected", "names"),
    [
        ("auto", ToolChoice(), ["weather", "patch", "team__spawn"]),
        ("none", ToolChoice(ToolMode.NONE), ["weather", "patch", "team__spawn"]),
        ("required", ToolChoice(ToolMode.REQUIRED), ["weather", "patch", "team__spawn"]),
        (
            {"type": "function", "name": "weather"},
            ToolChoice(ToolMode.NAMED, "weather"),
            ["weather", "patch", "team__spawn"],
        ),
        (
            {"type": "custom", "name": "patch"},
            ToolChoice(ToolMode.NAMED, "patch"),
            ["weather", "patch", "team__spawn"],
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [WEATHER]},
            ToolChoice(ToolMode.REQUIRED, only=("weather",)),
            ["weather", "patch", "team__spawn"],
        ),
    ],
)
async def test_which_tool_is_called_may_be_chosen(
    client: httpx.AsyncClient,
    turns: ScriptedTurns,
    choice: object,
    expected: ToolChoice,
    names: list[str],
) -> None:
    request = await asked(client, turns, tools=[WEATHER, PATCH, TEAM], tool_choice=choice)
    assert request.form.tool_choice == expected
    assert [spec.name for spec in request.form.tools] == names


async def test_the_form_of_a_free_text_is_held_or_refused(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    def custom(syntax: str) -> list[object]:
        form = {"type": "grammar", "syntax": syntax, "definition": "a|b"}
        return [{**PATCH, "format": form}]

    request = await asked(client, turns, tools=custom("regex"))
    text = request.form.tools[0].parameters["properties"]["input"]  # type: ignore[index]
    assert text == {"type": "string", "pattern": "^(?:a|b)$"}
    error = await refused(client, tools=custom("lark"))
    assert error["param"] == "tools.0.format"


async def test_a_schema_and_options_reach_the_engine(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    form = {"type": "json_schema", "name": "it", "schema": schema, "strict": True}
    request = await asked(
        client,
        turns,
        text={"format": form, "verbosity": "low"},
        reasoning={"effort": "none"},
        parallel_tool_calls=False,
        max_output_tokens=9,
        temperature=0,
        service_tier="flex",
        seed=7,
    )
    assert request.form.json_schema == orjson.dumps(schema).decode()
    assert (request.form.thinking, request.form.parallel_tool_calls) == (False, False)
    assert (request.sampling.max_tokens, request.sampling.temperature) == (9, 0.0)
    assert (request.sampling.seed, request.priority) == (7, -1)


async def test_a_response_repeats_its_request(client: httpx.AsyncClient) -> None:
    response = await created(
        client,
        metadata={"topic": "capitals"},
        tools=[WEATHER],
        max_output_tokens=9,
        truncation="auto",
        user="me",
        prompt_cache_key="k",
    )
    assert response["metadata"] == {"topic": "capitals"}
    assert response["tools"] == [{**WEATHER, "description": None, "strict": False}]
    assert (response["max_output_tokens"], response["truncation"]) == (9, "auto")
    assert (response["user"], response["prompt_cache_key"]) == ("me", "k")
    assert response["text"]["format"] == {"type": "text"}


async def test_reasoning_is_sealed_for_the_workspace_that_it_belongs_to(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = TWO_CALLS
    response = await created(client, include=["reasoning.encrypted_content"])
    item = response["output"][0]
    assert "look" not in item["encrypted_content"]
    bare = {"type": "reasoning", "summary": [], "encrypted_content": item["encrypted_content"]}
    items = [{"role": "user", "content": "hi"}, bare, {"role": "user", "content": "so?"}]
    request = await asked(client, turns, input=items)
    assert request.messages[1] == Message(Role.ASSISTANT, (Thinking("I should look."),))
    seal = TextSeal(b"secret of the tests")
    assert seal.open(TEST_WORKSPACE, item["encrypted_content"]) == "I should look."
    foreign = (seal.seal("another", "x"), TextSeal(b"other").seal(TEST_WORKSPACE, "x"), "gAAA", "")
    for sealed in foreign[:3]:
        error = await refused(client, input=[{**bare, "encrypted_content": sealed}])
        assert error["param"] == "input.0.encrypted_content"


async def test_logprobs_come_with_the_text_where_they_are_asked_for(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    told = logprob("Paris", -0.1, logprob("Rome", -2.0))
    turns.script = turn(TextDelta(0, "Paris", 1, (told,)))
    fields = {"include": ["message.output_text.logprobs"], "top_logprobs": 1}
    [message] = (await created(client, **fields))["output"]
    assert message["content"][0]["logprobs"][0]["token"] == "Paris"
    assert turns.requests[0].sampling.num_logprobs == 1
    delta = next(e for e in await streamed(client, **fields) if e["type"].endswith("text.delta"))
    assert delta["logprobs"][0]["top_logprobs"][0]["token"] == "Rome"


async def test_the_cache_may_be_prepared_without_an_answer(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    for fields in ({"prompt_cache_options": {"prewarm": True}}, {"generate": False}):
        response = await created(client, **fields)
        assert (response["status"], response["output"]) == ("completed", [])
        assert response["usage"]["output_tokens"] == 0
        assert response["usage"]["input_tokens"] == 21
        request = turns.requests[-1]
        assert (request.is_stored, request.sampling.max_tokens) == (False, 1)
        told = [event["type"] for event in await streamed(client, **fields)]
        assert told == ["response.created", "response.in_progress", "response.completed"]


async def test_the_kv_of_what_is_not_to_be_stored_is_not_to_last(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    prewarm = {"prompt_cache_options": {"prewarm": True}}
    for fields, is_stored, is_fading in (
        ({}, True, False),
        ({"store": True}, True, False),
        ({"store": False}, False, True),
        (prewarm, False, False),
        ({**prewarm, "store": False}, False, True),
    ):
        await created(client, **fields)
        request = turns.requests[-1]
        assert (request.is_stored, request.is_fading) == (is_stored, is_fading)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": [{"type": "message", "role": "king", "content": "x"}]}, "input.0.role"),
        ({"input": [{"type": "mystery"}]}, "input.0.type"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input.0"),
        ({"input": [{"type": "function_call", "name": "f"}]}, "input.0.call_id"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "d"}]}]},
            "input.0.content.0",
        ),
        ({"background": True, "store": False}, "background"),
        ({"tools": [{"type": "function"}]}, "tools.0.name"),
        ({"tools": [WEATHER, WEATHER]}, "tools"),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice"),
        ({"tool_choice": "weather"}, "tool_choice"),
        ({"include": ["everything"]}, "include"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"previous_response_id": "resp_1", "conversation": "conv_1"}, "conversation"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    client: httpx.AsyncClient, fields: dict[str, object], param: str
) -> None:
    assert (await refused(client, **fields))["param"] == param


async def test_input_tokens_are_counted_as_a_response_would(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    counted = await gpt.responses.input_tokens.count(**HELLO, instructions="Be terse.")
    assert (counted.object, counted.input_tokens) == ("response.input_tokens", 21)
    assert [message.text for message in turns.requests[0].messages] == [
        "Be terse.",
        HELLO["input"],
    ]


async def test_a_websocket_is_answered_with_the_way_back(client: httpx.AsyncClient) -> None:
    headers = {"connection": "upgrade", "upgrade": "websocket"}
    asked = await client.get("/v1/responses", headers=headers)
    assert (asked.status_code, "POST" in asked.json()["error"]["message"]) == (426, True)
    plain = await client.get("/v1/responses")
    assert (plain.status_code, plain.headers["allow"]) == (405, "POST")


async def test_a_response_in_the_background_is_followed_and_resumed(
    gpt: openai.AsyncOpenAI, client: httpx.AsyncClient
) -> None:
    begun = await gpt.responses.create(**HELLO, background=True)
    assert begun.status == "queued"
    text = (await client.get(f"/v1/responses/{begun.id}", params={"stream": True})).text
    told = [data for _, data in events(text)]
    assert [event["type"] for event in told][:3] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert told[-1]["type"] == "response.completed"
    for event in told:
        _EVENT.validate_python(event)
    rest = await gpt.responses.retrieve(begun.id, stream=True, starting_after=4)
    numbers = [event.sequence_number async for event in rest]
    assert numbers == [event["sequence_number"] for event in told[5:]]
    ended = await gpt.responses.retrieve(begun.id)
    assert (ended.status, ended.output_text) == ("completed", "Paris.")


async def test_a_response_in_the_background_is_cancelled(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = (STARTED, TextDelta(0, "Par", 1), Pause(60))
    begun = await gpt.responses.create(**HELLO, background=True)
    await turns.is_asked.wait()
    assert (await gpt.responses.cancel(begun.id)).status == "cancelled"
    assert (await gpt.responses.retrieve(begun.id)).status == "cancelled"
    assert turns.num_closed == 1


async def test_a_response_that_fails_in_the_background_says_why(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = (PromptTooLong(9000, 8191),)
    begun = await gpt.responses.create(**HELLO, background=True, stream=True)
    last = [event async for event in begun][-1]
    assert last.type == "response.failed"
    assert last.response.error is not None
    assert last.response.error.code == "context_length_exceeded"


async def test_a_silence_in_the_background_is_no_end(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = turn(Pause(0.1), TextDelta(0, "Paris.", 1))
    answer = await client.post("/v1/responses", json={**HELLO, "background": True, "stream": True})
    before, _, after = answer.text.partition(": ping\n\n")
    assert "response.in_progress" in before
    assert "response.completed" in after
