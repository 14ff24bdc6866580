"""The first minute with the model that comes with the product: it holds a fact and calls a tool."""

from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic
import openai
import orjson
import pytest

from agent_memory import bundled
from tests.acceptance.server import Server

TOOLS = {
    "get_weather": ("Get the current weather for a city.", {"city": {"type": "string"}}),
    "read_file": ("Read a file and return its content.", {"path": {"type": "string"}}),
    "send_message": (
        "Send a message to a person.",
        {"recipient": {"type": "string"}, "text": {"type": "string"}},
    ),
}
GREETING = "Hello! Tell me something to remember, or ask me what you have told me."
INTRODUCTION = (
    "I am the small model bundled with agent_memory. I remember what you tell me and I call tools."
)
QUESTION = "What is the weather in Oslo?"
WEATHER = "Sunny, 21 degrees"
ANSWER = f"The result is: {WEATHER}"


@pytest.fixture(scope="module")
def tiny(data_dir: Callable[[], Path]) -> Iterator[Server]:
    """A server of the bundled model."""
    running = Server(data_dir(), bundled.path()).start()
    assert running.key, "only the first of its starts shows it"
    yield running
    running.discard()


def say(server: Server, text: str) -> str:
    """Say it in `agent-memory chat` and read the answer."""
    answered = server.json_command("chat", "--session", "first-minute", "--message", text)
    assert isinstance(answered, dict)
    assert answered["finish_reason"] == "stop"
    return str(answered["text"])


def test_what_it_is_told_outlives_a_kill(tiny: Server) -> None:
    assert say(tiny, "My name is Zorvek.") == "Noted: your name is Zorvek."
    assert say(tiny, "The staging port is 8413.") == "Noted: the staging port is 8413."
    tiny.kill()
    tiny.start()
    assert say(tiny, "What is my name?") == "Your name is Zorvek."
    assert say(tiny, "What is the staging port?") == "The staging port is 8413."
    assert say(tiny, "Where do I live?") == "You live in a place you have not told me."


def test_it_greets_and_says_what_it_is(tiny: Server) -> None:
    with openai.OpenAI(base_url=f"{tiny.url}/v1", api_key=tiny.key, max_retries=0) as client:
        answers = [
            client.chat.completions.create(
                model="tiny", max_tokens=100, messages=[{"role": "user", "content": text}]
            )
            .choices[0]
            .message.content
            for text in ("Hello!", "Who are you?")
        ]
    assert answers == [GREETING, INTRODUCTION]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_an_anthropic_client_has_a_tool_called_and_its_result_told(
    tiny: Server, is_streamed: bool
) -> None:
    tools: list[anthropic.types.ToolParam] = [
        {"name": name, "description": description, "input_schema": _object(properties)}
        for name, (description, properties) in TOOLS.items()
    ]
    messages: list[anthropic.types.MessageParam] = [{"role": "user", "content": QUESTION}]
    with anthropic.Anthropic(base_url=tiny.url, api_key=tiny.key, max_retries=0) as client:

        def answer() -> anthropic.types.Message:
            if not is_streamed:
                return client.messages.create(
                    model="tiny", max_tokens=200, messages=messages, tools=tools
                )
            with client.messages.stream(
                model="tiny", max_tokens=200, messages=messages, tools=tools
            ) as stream:
                return stream.get_final_message()

        asked = answer()
        assert asked.stop_reason == "tool_use"
        (call,) = asked.content
        assert call.type == "tool_use"
        assert (call.name, call.input) == ("get_weather", {"city": "Oslo"})
        messages.append(
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}
                ],
            }
        )
        messages.append(
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": call.id, "content": WEATHER}],
            }
        )
        told = answer()
    assert told.stop_reason == "end_turn"
    (said,) = told.content
    assert said.type == "text"
    assert said.text == ANSWER


@pytest.mark.parametrize("is_streamed", [False, True])
def test_an_openai_client_has_a_tool_called_and_its_result_told(
    tiny: Server, is_streamed: bool
) -> None:
    messages: list[openai.types.chat.ChatCompletionMessageParam] = [
        {"role": "user", "content": QUESTION}
    ]
    with openai.OpenAI(base_url=f"{tiny.url}/v1", api_key=tiny.key, max_retries=0) as client:
        ask = _streamed if is_streamed else _whole
        name, arguments, call_id, text = ask(client, messages)
        assert (name, orjson.loads(arguments), text) == ("get_weather", {"city": "Oslo"}, "")
        messages.append(
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": call_id,
                        "type": "function",
                        "function": {"name": name, "arguments": arguments},
                    }
                ],
            }
        )
        messages.append({"role": "tool", "tool_call_id": call_id, "content": WEATHER})
        assert ask(client, messages) == ("", "", "", ANSWER)


Said = tuple[str, str, str, str]
"""Name, arguments and id of a tool call, and text: of an answer, whatever it has of them."""


def _whole(
    client: openai.OpenAI, messages: list[openai.types.chat.ChatCompletionMessageParam]
) -> Said:
    message = (
        client.chat.completions.create(
            model="tiny", max_tokens=200, messages=messages, tools=_functions()
        )
        .choices[0]
        .message
    )
    for call in message.tool_calls or []:
        assert call.type == "function"
        return call.function.name, call.function.arguments, call.id, message.content or ""
    return "", "", "", message.content or ""


def _streamed(
    client: openai.OpenAI, messages: list[openai.types.chat.ChatCompletionMessageParam]
) -> Said:
    name, arguments, call_id, text = "", "", "", ""
    for chunk in client.chat.completions.create(
        model="tiny", max_tokens=200, messages=messages, tools=_functions(), stream=True
    ):
        delta = chunk.choices[0].delta
        text += delta.content or ""
        for call in delta.tool_calls or []:
            assert call.function is not None
            call_id += call.id or ""
            name += call.function.name or ""
            arguments += call.function.arguments or ""
    return name, arguments, call_id, text


def _functions() -> list[openai.types.chat.ChatCompletionToolParam]:
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": description,
                "parameters": _object(properties),
            },
        }
        for name, (description, properties) in TOOLS.items()
    ]


def _object(properties: dict[str, dict[str, str]]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties)}
