"""Official clients, each with a provider that speaks the other's protocol."""

from typing import Any

import anthropic
import httpx
import openai
import orjson
import pytest

from agent_memory.testing.far_app import FarApp
from agent_memory.testing.upstream.acts import Call, Say
from agent_memory.testing.upstream.server import ScriptedUpstream

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
PIXEL = "iVBORw0KGgo="


async def test_claude_streams_thinking_text_and_calls_of_an_openai_model(
    claude: anthropic.AsyncAnthropic, upstream: ScriptedUpstream
) -> None:
    calls = (Call("weather", '{"city": "Paris"}', "a"), Call("weather", '{"city": "Rome"}', "b"))
    upstream.acts.append(Say("Let me look.", thinking="Two cities", calls=calls))
    async with claude.messages.stream(
        model="gpt/large",
        max_tokens=99,
        system="Be terse.",
        messages=[{"role": "user", "content": "Weather?"}],
        tools=[{"name": "weather", "description": "Tells it", "input_schema": WEATHER}],
    ) as stream:
        message = await stream.get_final_message()
    kinds = [block.type for block in message.content]
    assert kinds == ["thinking", "text", "tool_use", "tool_use"]
    assert [b.input for b in message.content if b.type == "tool_use"] == [
        {"city": "Paris"},
        {"city": "Rome"},
    ]
    assert message.stop_reason == "tool_use"
    assert message.usage.input_tokens > 0
    asked = orjson.loads(upstream.requests[0].body)
    assert asked["messages"][0] == {"role": "system", "content": "Be terse."}
    assert asked["tools"][0]["function"]["parameters"] == WEATHER
    assert asked["max_tokens"] == 99


async def test_claude_sends_results_and_images_to_an_openai_model(
    claude: anthropic.AsyncAnthropic, upstream: ScriptedUpstream
) -> None:
    image = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    messages: Any = [
        {
            "role": "user",
            "content": [{"type": "text", "text": "Look"}, {"type": "image", "source": image}],
        },
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t1", "name": "see", "input": {"a": 1}}],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "content": [
                        {"type": "text", "text": "seen"},
                        {"type": "image", "source": image},
                    ],
                },
                {"type": "text", "text": "And now?"},
            ],
        },
    ]
    await claude.messages.create(model="gpt/large", max_tokens=9, messages=messages)
    said = orjson.loads(upstream.requests[0].body)["messages"]
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    assert said[0]["content"] == [{"type": "text", "text": "Look"}, url]
    assert said[1]["tool_calls"][0]["function"] == {"name": "see", "arguments": '{"a":1}'}
    assert said[2] == {"role": "tool", "tool_call_id": "t1", "content": "seen"}
    assert said[3] == {"role": "user", "content": [url]}
    assert said[4] == {"role": "user", "content": "And now?"}


async def test_an_openai_client_streams_a_call_of_a_claude_model(
    gpt: openai.AsyncOpenAI, upstream: ScriptedUpstream
) -> None:
    upstream.acts.append(Say("Looking.", calls=(Call("weather", '{"city": "Rome"}'),)))
    stream = await gpt.chat.completions.create(
        model="claude/large",
        stream=True,
        stream_options={"include_usage": True},
        messages=[{"role": "developer", "content": "Be terse."}, {"role": "user", "content": "Hi"}],
        tools=[{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}],
        tool_choice="required",
        reasoning_effort="low",
        seed=7,
    )
    text, arguments, reason, usage = "", "", None, None
    async for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for call in choice.delta.tool_calls or ():
                arguments += (call.function and call.function.arguments) or ""
            reason = choice.finish_reason or reason
    assert (text, arguments, reason) == ("Looking.", '{"city": "Rome"}', "tool_calls")
    assert usage is not None
    assert usage.completion_tokens == 3
    asked = orjson.loads(upstream.requests[0].body)
    assert asked["system"][0]["text"] == "Be terse."
    assert asked["tool_choice"] == {"type": "any"}
    assert asked["output_config"] == {"effort": "low"}
    assert asked["max_tokens"] > 0
    assert "temperature" not in asked


async def test_an_openai_client_gets_a_schema_through_to_a_claude_model(
    gpt: openai.AsyncOpenAI, upstream: ScriptedUpstream
) -> None:
    upstream.acts.append(Say('{"city": "Rome"}'))
    wanted: Any = {"name": "w", "schema": WEATHER, "strict": True}
    answer = await gpt.chat.completions.create(
        model="claude/large",
        messages=[{"role": "user", "content": "Hi"}],
        response_format={"type": "json_schema", "json_schema": wanted},
    )
    assert answer.choices[0].message.content == '{"city": "Rome"}'
    asked = orjson.loads(upstream.requests[0].body)
    assert asked["output_config"]["format"] == {"type": "json_schema", "schema": WEATHER}


async def test_what_the_other_protocol_has_no_word_for_is_told_in_a_header(
    http: httpx.AsyncClient,
) -> None:
    ask = {"model": "claude/large", "messages": [{"role": "user", "content": "Hi"}]}
    answer = await http.post("/v1/chat/completions", json={**ask, "seed": 7, "new_thing": 1})
    assert answer.headers["x-ignored-fields"] == "new_thing, seed"
    refused = await http.post("/v1/chat/completions", json={**ask, "n": 2})
    assert refused.status_code == 400


@pytest.mark.parametrize("model", ["claude/large", "gpt/large"])
async def test_both_clients_get_the_words_of_either_protocol(
    claude: anthropic.AsyncAnthropic, gpt: openai.AsyncOpenAI, far_app: FarApp, model: str
) -> None:
    message = await claude.messages.create(
        model=model, max_tokens=9, messages=[{"role": "user", "content": "Capital?"}]
    )
    completion = await gpt.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Capital?"}]
    )
    assert message.content[0].type == "text"
    assert message.content[0].text == "Paris is the capital."
    assert completion.choices[0].message.content == "Paris is the capital."
    assert [one.tokens.output_tokens for one in far_app.books.served] == [4, 4]
    assert not far_app.store.commits
