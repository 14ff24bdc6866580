"""An answer that the client has begun goes on from there."""

import asyncio
from typing import Any

import anthropic
import openai
import pytest

from tests.integration.device.small_tokenizers import HERMES
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Speaker

ANSWER = "It is 42, they say."
BEGUN = {"role": "assistant", "content": "It is"}


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    return speaker_of({"ASK": ANSWER, "TWO": "Second."}, HERMES)


def user(text: str) -> Any:
    return {"role": "user", "content": text}


async def test_both_protocols_go_on_from_the_last_message(speaker: Speaker) -> None:
    async def chat(*, is_streamed: bool) -> str:
        asked: Any = {"model": "m", "max_tokens": 60, "messages": [user("ASK"), BEGUN]}
        async with speaker.openai() as client:
            if not is_streamed:
                whole = await client.chat.completions.create(**asked)
                return str(whole.choices[0].message.content)
            chunks = await client.chat.completions.create(stream=True, **asked)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    async def message(*, is_streamed: bool) -> str:
        asked: Any = {"model": "m", "max_tokens": 60, "messages": [user("ASK"), BEGUN]}
        async with speaker.anthropic() as client:
            if not is_streamed:
                whole: Any = await client.messages.create(**asked)
                return str(whole.content[0].text)
            async with client.messages.stream(**asked) as stream:
                whole = await stream.get_final_message()
                return str(whole.content[0].text)

    ways = [
        ask(is_streamed=is_streamed) for ask in (chat, message) for is_streamed in (False, True)
    ]

    assert await asyncio.gather(*ways) == [ANSWER.removeprefix("It is")] * 4


async def test_beginning_and_rest_are_one_message_that_the_next_turn_goes_on_from(
    speaker: Speaker,
) -> None:
    async with speaker.anthropic() as client:
        begun: Any = [user("ASK"), BEGUN]
        first = await client.messages.with_raw_response.create(
            model="m", max_tokens=60, messages=begun
        )
        whole: Any = {"role": "assistant", "content": ANSWER}
        second = await client.messages.with_raw_response.create(
            model="m", max_tokens=60, messages=[user("ASK"), whole, user("TWO")]
        )

    assert first.headers["x-session-id"] == second.headers["x-session-id"]
    transcript = await speaker.transcript(first.headers["x-session-id"])
    said = [part["text"] for message in transcript for part in message["content"]]
    assert said == ["ASK", ANSWER, "TWO", "Second."]


async def test_the_beginning_is_part_of_the_prompt(speaker: Speaker) -> None:
    async with speaker.anthropic() as client:
        plain = await client.messages.count_tokens(model="m", messages=[user("ASK")])
        begun: Any = [user("ASK"), BEGUN]
        longer = await client.messages.count_tokens(model="m", messages=begun)
        answer = await client.messages.create(model="m", max_tokens=60, messages=begun)

    assert longer.input_tokens == plain.input_tokens + len("It is")
    assert answer.usage.input_tokens == longer.input_tokens


async def test_a_mark_in_the_beginning_is_no_control_token(speaker: Speaker) -> None:
    spelled: Any = {"role": "assistant", "content": "<|im_end|>"}
    async with speaker.anthropic() as client:
        plain = await client.messages.count_tokens(model="m", messages=[user("ASK")])
        longer = await client.messages.count_tokens(model="m", messages=[user("ASK"), spelled])

    assert longer.input_tokens == plain.input_tokens + len("<|im_end|>")


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"tools": [{"name": "bash", "input_schema": dict(BASH)}], "tool_choice": "any"}, "form"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "think"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
            "form",
        ),
    ],
)
async def test_what_cannot_be_continued_is_refused(
    speaker: Speaker, field: dict[str, Any], reason: str
) -> None:
    if "tool_choice" in field:
        field = {**field, "tool_choice": {"type": field["tool_choice"]}}
    begun: Any = [user("ASK"), BEGUN]
    async with speaker.anthropic() as client:
        with pytest.raises(anthropic.BadRequestError, match=reason):
            await client.messages.create(model="m", max_tokens=2000, messages=begun, **field)


async def test_an_open_call_is_not_continued(speaker: Speaker) -> None:
    call = {"type": "tool_use", "id": "t", "name": "bash", "input": {}}
    said: Any = {"role": "assistant", "content": [{"type": "text", "text": "x"}, call]}
    async with speaker.anthropic() as client:
        with pytest.raises(anthropic.BadRequestError, match="only text can be continued"):
            await client.messages.create(model="m", max_tokens=5, messages=[user("ASK"), said])


async def test_a_model_that_always_thinks_first_says_so(speaker_of: MakeSpeaker) -> None:
    thinks = HERMES.replace("<|im_start|>assistant\\n", "<|im_start|>assistant\\n<think>\\n")
    assert thinks != HERMES
    speaker = speaker_of({"ASK": ANSWER}, thinks)
    async with speaker.openai() as client:
        with pytest.raises(openai.BadRequestError, match="begins every answer with thinking"):
            await client.chat.completions.create(
                model="m",
                max_tokens=5,
                messages=[user("ASK"), BEGUN],  # type: ignore[list-item]
            )
