"""An answer that was asked for in a form is given, whatever the model thinks."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration.device.small_tokenizers import OPENED_THINKING, THINKING
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Speaker

CALL = '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>'
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "schema": {"type": "object", "properties": {"n": {}}}},
}
ENDED = "<|im_end|></think>"
"""The model ends its turn here; where it may not, it ends its thinking next."""


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    scripts = {
        "CALL": f"<think>hm{ENDED}\n{CALL}",
        "JSON": f'<think>hm{ENDED}{{"n": 1}}',
        "STUBBORN": f"<think>hm<|im_end|> and so on.</think>{CALL}",
    }
    return speaker_of(scripts, THINKING)


async def test_a_model_that_ends_its_turn_amid_its_thinking_still_calls(speaker: Speaker) -> None:
    chats, messages = await asyncio.gather(
        speaker.chat("CALL", is_streamed=True, tools={"bash": BASH}, tool_choice="required"),
        speaker.message(
            "CALL", is_streamed=True, tools={"bash": BASH}, tool_choice={"type": "any"}
        ),
    )
    assert (chats.thinking, chats.calls) == ("hm", (("bash", '{"command":"ls"}'),))
    assert (messages.thinking, messages.calls) == ("hm", (("bash", {"command": "ls"}),))
    assert (chats.reason, messages.reason) == ("tool_calls", "tool_use")


@pytest.mark.parametrize("script", ["JSON", "STUBBORN"])
async def test_it_still_answers_in_the_form(speaker: Speaker, script: str) -> None:
    heard = await speaker.chat(
        script, is_streamed=False, response_format=SCHEMA, max_tokens=60, seed=1
    )
    assert heard.thinking == "hm"
    assert heard.text.startswith("{")
    if script == "JSON":
        assert json.loads(heard.text) == {"n": 1}


async def test_a_turn_that_owes_nothing_may_end_amid_its_thinking(speaker: Speaker) -> None:
    heard = await speaker.chat("CALL", is_streamed=False, tools={"bash": BASH})
    assert (heard.thinking, heard.text, heard.calls, heard.reason) == ("hm", "", (), "stop")


MARKS = [
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<mm:think>", "</mm:think>"),
]


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("are_tokens", [True, False])
async def test_the_marks_of_every_family_are_known(
    speaker_of: MakeSpeaker, marks: tuple[str, str], are_tokens: bool
) -> None:
    start, end = marks
    template = THINKING.replace("<think>", start).replace("</think>", end)
    own: dict[str, Any] = {"marks": (*marks, "<tool_call>", "</tool_call>") if are_tokens else ()}
    speaker = speaker_of({"SAY": f"{start}hm{end}\nIt is {start}."}, template, **own)
    heard = await speaker.chat("SAY", is_streamed=True)
    assert (heard.thinking, heard.text) == ("hm", f"It is {start}.")
    plain = await speaker.message("SAY", is_streamed=False)
    assert (plain.thinking, plain.text) == ("hm", f"It is {start}.")


async def test_a_mark_in_an_answer_does_not_count_against_the_thinking_budget(
    speaker_of: MakeSpeaker,
) -> None:
    answer = "A mark like <think> is text, and goes on for a while."
    speaker = speaker_of({"SAY": f"hm</think>{answer}"}, OPENED_THINKING)
    heard = await speaker.message(
        "SAY", is_streamed=False, thinking={"type": "enabled", "budget_tokens": 1024}
    )
    assert (heard.thinking, heard.text) == ("hm", answer)
