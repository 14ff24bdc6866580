"""Tools and schemas with the official clients. The model is random, so calls are required of it."""

import anthropic
import openai
import orjson
import pytest

from tests.acceptance.server import Server

SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["Oslo", "Lima"]}, "days": {"enum": [1, 2, 3]}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
ASK = "What is the weather going to be?"
ASK_BY_THE_STREAM = "Which weather is on its way?"


@pytest.mark.parametrize("is_streamed", [False, True])
def test_an_anthropic_tool_call_is_made_and_answered(server: Server, is_streamed: bool) -> None:
    tool: anthropic.types.ToolParam = {
        "name": "get_weather",
        "description": "The forecast for a city.",
        "input_schema": SCHEMA,
    }
    # Asked the same and given the same call, the second would find the first one's result.
    question: anthropic.types.MessageParam = {
        "role": "user",
        "content": ASK_BY_THE_STREAM if is_streamed else ASK,
    }
    with anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as client:
        if is_streamed:
            with client.messages.stream(
                model="tiny",
                max_tokens=300,
                messages=[question],
                tools=[tool],
                tool_choice={"type": "tool", "name": "get_weather"},
            ) as stream:
                kinds = {event.type for event in stream}
                asked: anthropic.types.Message = stream.get_final_message()
            assert "input_json" in kinds
        else:
            asked = client.messages.create(
                model="tiny",
                max_tokens=300,
                messages=[question],
                tools=[tool],
                tool_choice={"type": "tool", "name": "get_weather"},
            )
        assert asked.stop_reason == "tool_use"
        call = next(block for block in asked.content if block.type == "tool_use")
        assert call.name == "get_weather"
        assert isinstance(call.input, dict)
        assert call.input["city"] in {"Oslo", "Lima"}
        assert call.input["days"] in {1, 2, 3}
        answered = client.messages.create(
            model="tiny",
            max_tokens=5,
            messages=[
                question,
                # Re-serialised as clients do: other spacing, and no text around it.
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
                    ],
                },
            ],
            tools=[tool],
        )
    used = asked.usage.input_tokens + (asked.usage.cache_read_input_tokens or 0)
    assert answered.usage.cache_read_input_tokens == used + asked.usage.output_tokens - 1


@pytest.mark.parametrize("is_streamed", [False, True])
def test_an_openai_tool_call_is_required(server: Server, is_streamed: bool) -> None:
    tool: openai.types.chat.ChatCompletionToolParam = {
        "type": "function",
        "function": {"name": "get_weather", "description": "Forecast.", "parameters": SCHEMA},
    }
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        if is_streamed:
            name, arguments, reason = "", "", None
            for chunk in client.chat.completions.create(
                model="tiny",
                max_tokens=300,
                messages=[{"role": "user", "content": ASK}],
                tools=[tool],
                tool_choice="required",
                parallel_tool_calls=False,
                stream=True,
            ):
                choice = chunk.choices[0]
                assert not choice.delta.content, "a call is never shown as text"
                reason = choice.finish_reason or reason
                for call in choice.delta.tool_calls or []:
                    assert call.function is not None
                    name += call.function.name or ""
                    arguments += call.function.arguments or ""
        else:
            answer = client.chat.completions.create(
                model="tiny",
                max_tokens=300,
                messages=[{"role": "user", "content": ASK}],
                tools=[tool],
                tool_choice="required",
                parallel_tool_calls=False,
            ).choices[0]
            reason = answer.finish_reason
            made = (answer.message.tool_calls or [])[0]
            assert made.type == "function"
            name, arguments = made.function.name, made.function.arguments
    assert reason == "tool_calls"
    assert name == "get_weather"
    assert orjson.loads(arguments)["city"] in {"Oslo", "Lima"}


def test_an_answer_keeps_to_its_json_schema(server: Server) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        answer = client.chat.completions.create(
            model="tiny",
            max_tokens=300,
            messages=[{"role": "user", "content": ASK}],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "forecast", "schema": SCHEMA, "strict": True},
            },
        )
    content = answer.choices[0].message.content
    assert content is not None
    assert set(orjson.loads(content)) == {"city", "days"}


def test_a_tool_that_the_server_would_have_to_run_is_refused(server: Server) -> None:
    with (
        anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as client,
        pytest.raises(anthropic.BadRequestError, match="web_search"),
    ):
        client.messages.create(
            model="tiny",
            max_tokens=5,
            messages=[{"role": "user", "content": ASK}],
            tools=[{"type": "web_search_20250305", "name": "web_search"}],
        )
