"""A model that speaks harmony, as the official clients are told of it."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration.device.text.real_templates import real_template
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Speaker

SPECIALS = (
    "<|startoftext|>", "<|return|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>",
    "<|constrain|>", "<|call|>",
)  # fmt: skip
THOUGHT = "<|channel|>analysis<|message|>User wants 2+2.<|end|><|start|>assistant"
TO_BASH = "<|channel|>commentary to=functions.bash <|constrain|>json<|message|>"
CALL = f'{THOUGHT}{TO_BASH}{{"command": "ls"}}'
SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "n", "schema": {"type": "object", "properties": {"n": {}}}},
}
TOOLS = {"bash": BASH}


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    scripts = {
        "ANSWER": f"{THOUGHT}<|channel|>final<|message|>It is 4.",
        "CALL": f"{CALL}<|call|>",
        "JSON": f'{THOUGHT}<|channel|>final<|message|>{{"n": 1}}',
        "ON": " 4.",
        "EARLY": "<|channel|>analysis<|message|>Hm.<|return|><|end|><|start|>assistant"
        '<|channel|>final<|message|>{"n": 1}',
    }
    return speaker_of(
        scripts, real_template("openai-gpt-oss-120b"), specials=SPECIALS, marks=(), eos="<|return|>"
    )


async def test_channels_reach_the_client_apart(speaker: Speaker) -> None:
    chats, messages = await speaker.asked_every_way("ANSWER")
    for heard in (*chats, *messages):
        assert (heard.thinking, heard.text, heard.calls) == ("User wants 2+2.", "It is 4.", ())
    assert {heard.reason for heard in chats} == {"stop"}
    assert {heard.reason for heard in messages} == {"end_turn"}


async def test_a_call_reaches_the_client_and_ends_the_turn(speaker: Speaker) -> None:
    chats, messages = await speaker.asked_every_way("CALL", tools=TOOLS)
    for heard in chats:
        assert (heard.calls, heard.text) == ((("bash", '{"command":"ls"}'),), "")
        assert (heard.thinking, heard.reason) == ("User wants 2+2.", "tool_calls")
    for heard in messages:
        assert (heard.calls, heard.text) == ((("bash", {"command": "ls"}),), "")
        assert (heard.thinking, heard.reason) == ("User wants 2+2.", "tool_use")


@pytest.mark.parametrize("num_tokens", [20, 50, 75, 85])
async def test_a_turn_may_be_cut_anywhere(speaker: Speaker, num_tokens: int) -> None:
    chats, messages = await speaker.asked_every_way("CALL", tools=TOOLS, max_tokens=num_tokens)
    for heard in chats:
        assert "<|" not in heard.text + heard.thinking
        assert heard.reason == "length"
        for _, arguments in heard.calls:
            with pytest.raises(ValueError, match=r"."):
                json.loads(arguments)
    assert {(heard.calls, heard.reason) for heard in messages} == {((), "max_tokens")}


async def test_a_call_that_is_asked_for_is_made(speaker: Speaker) -> None:
    ways: list[Any] = [
        speaker.chat("CALL", is_streamed=True, tools=TOOLS, tool_choice="required"),
        speaker.chat(
            "ANSWER",
            is_streamed=False,
            tools=TOOLS,
            max_tokens=200,
            seed=1,
            tool_choice={"type": "function", "function": {"name": "bash"}},
        ),
    ]
    for heard in await asyncio.gather(*ways):
        assert heard.thinking == "User wants 2+2."
        ((name, _),) = heard.calls
        assert name == "bash"
        assert heard.text == ""


@pytest.mark.parametrize("script", ["JSON", "EARLY"])
async def test_an_answer_that_is_owed_is_given_in_its_form(speaker: Speaker, script: str) -> None:
    heard = await speaker.chat(script, is_streamed=True, response_format=SCHEMA)
    assert heard.thinking
    assert json.loads(heard.text) == {"n": 1}


async def test_a_call_that_is_forbidden_is_not_made(speaker: Speaker) -> None:
    heard = await speaker.chat(
        "CALL", is_streamed=False, tools=TOOLS, tool_choice="none", max_tokens=120
    )
    # Where its call is forbidden the model writes what chance lets it: more thoughts, or an answer.
    assert heard.thinking.startswith("User wants 2+2.")
    assert (heard.calls, "functions.bash" in heard.text + heard.thinking) == ((), False)


async def test_responses_has_the_same_parts(speaker: Speaker) -> None:
    async with speaker.openai() as client:
        answer = await client.responses.create(model="m", input="ANSWER", max_output_tokens=200)
        call = await client.responses.create(
            model="m",
            input="CALL",
            max_output_tokens=200,
            tools=[{"type": "function", "name": "bash", "parameters": dict(BASH), "strict": False}],
        )
    assert answer.output_text == "It is 4."
    assert [item.type for item in answer.output] == ["reasoning", "message"]
    assert [item.type for item in call.output] == ["reasoning", "function_call"]


async def test_responses_streams_the_same_parts(speaker: Speaker) -> None:
    """Every piece by the events of its kind, none with a mark of harmony, and the whole again."""
    heard: dict[str, str] = {}
    kinds: list[str] = []
    async with speaker.openai() as client:
        tools: Any = [{"type": "function", "name": "bash", "parameters": dict(BASH)}]
        async for event in await client.responses.create(
            model="m", input="CALL", max_output_tokens=200, tools=tools, stream=True
        ):
            kinds.append(event.type)
            if event.type.endswith(".delta"):
                heard[event.type] = heard.get(event.type, "") + str(getattr(event, "delta", ""))
            if event.type == "response.completed":
                call = event.response
        async for event in await client.responses.create(
            model="m", input="ANSWER", max_output_tokens=200, stream=True
        ):
            if event.type == "response.output_text.delta":
                heard[event.type] = heard.get(event.type, "") + event.delta
            if event.type == "response.completed":
                answer = event.response
    thoughts = [text for kind, text in heard.items() if "reasoning" in kind]
    assert thoughts == ["User wants 2+2."]
    assert heard["response.function_call_arguments.delta"] == '{"command":"ls"}'
    assert heard["response.output_text.delta"] == answer.output_text == "It is 4."
    assert [item.type for item in call.output] == ["reasoning", "function_call"]
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert kinds.count("response.output_item.done") == 2
    assert "<|" not in "".join(heard.values())


async def test_a_response_that_is_cut_off_amid_a_call_makes_none(speaker: Speaker) -> None:
    async with speaker.openai() as client:
        tools: Any = [{"type": "function", "name": "bash", "parameters": dict(BASH)}]
        async with client.responses.stream(
            model="m", input="CALL", max_output_tokens=75, tools=tools
        ) as stream:
            async for event in stream:
                last = event
    assert last.type == "response.incomplete"
    for item in last.response.output:
        if item.type == "function_call":
            with pytest.raises(ValueError, match=r"."):
                json.loads(item.arguments)


async def test_the_answer_goes_on_where_the_client_has_begun_it(speaker: Speaker) -> None:
    history = [{"role": "user", "content": "ON"}, {"role": "assistant", "content": "It is"}]
    async with speaker.openai() as client:
        answer = await client.chat.completions.create(
            model="m",
            messages=history,  # type: ignore[arg-type]
            max_tokens=20,
        )
    assert answer.choices[0].message.content == " 4."
