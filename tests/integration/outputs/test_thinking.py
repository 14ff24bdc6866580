"""A model's thinking is neither told as its answer nor carried out, and hides no answer."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from tests.integration.device.small_tokenizers import OPENED_THINKING, THINKING
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Heard, Speaker

DRAFT = '<tool_call>\n{"name": "bash", "arguments": {"command": "rm -rf build"}}\n</tool_call>'
SCRIPTS = {
    "DRAFT": f"<think>Draft: {DRAFT} no, too dangerous.</think>I will not delete anything.",
    "TWICE": f"<think>{DRAFT}\nOr{DRAFT[:20]}?</think>\n\nNeither.",
    "THEN": f"<think>Not {DRAFT[:30]}</think>\n" + DRAFT.replace("rm -rf build", "ls"),
    "MENTION": "<think>The tag <tool_call> is for calls.</think>The answer is 7.",
    "UNENDED": f"<think>I call.\n{DRAFT}",
    "CHANGED-ITS-MIND": f"<think>I call. {DRAFT} Better not.",
    "LITERAL": "Thoughts stand between <think> and </think> tags. The answer is 4.",
    "OPENING": "Thoughts begin with <think>. The answer is 4.",
    "CLOSING": "<think>hm</think>It ends with </think>, and <think> begins it.",
}
HEARD: Mapping[str, tuple[str, str, list[str]]] = {
    "DRAFT": (f"Draft: {DRAFT} no, too dangerous.", "I will not delete anything.", []),
    "TWICE": (f"{DRAFT}\nOr{DRAFT[:20]}?", "Neither.", []),
    "THEN": (f"Not {DRAFT[:30]}", "", ["ls"]),
    "MENTION": ("The tag <tool_call> is for calls.", "The answer is 7.", []),
    "UNENDED": ("I call.", "", ["rm -rf build"]),
    "CHANGED-ITS-MIND": (f"I call. {DRAFT} Better not.", "", []),
    "LITERAL": ("", "Thoughts stand between <think> and </think> tags. The answer is 4.", []),
    "OPENING": ("", "Thoughts begin with <think>. The answer is 4.", []),
    "CLOSING": ("hm", "It ends with </think>, and <think> begins it.", []),
}


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    return speaker_of(SCRIPTS, THINKING)


@pytest.fixture(scope="module")
def opened(speaker_of: MakeSpeaker) -> Speaker:
    """A model whose prompt opens the thinking."""
    begun = {key: text.removeprefix("<think>") for key, text in SCRIPTS.items() if key in THINKS}
    return speaker_of(begun, OPENED_THINKING)


THINKS = [name for name, text in SCRIPTS.items() if text.startswith("<think>")]


def check(heard: Heard, script: str) -> None:
    thinking, text, commands = HEARD[script]
    assert (heard.thinking, heard.text) == (thinking, text)
    arguments = [json.loads(each) if isinstance(each, str) else each for _, each in heard.calls]
    assert arguments == [{"command": command} for command in commands]
    assert heard.reason in ({"tool_calls", "tool_use"} if commands else {"stop", "end_turn"})


async def ask(speaker: Speaker, script: str) -> None:
    tools = {"bash": BASH}
    chat, message = await asyncio.gather(
        speaker.chat(script, is_streamed=True, tools=tools),
        speaker.message(script, is_streamed=script in THINKS[::2], tools=tools),
    )
    check(chat, script)
    check(message, script)


async def test_thinking_text_and_calls_are_told_apart(speaker: Speaker) -> None:
    await asyncio.gather(*(ask(speaker, script) for script in SCRIPTS))


async def test_so_they_are_where_the_prompt_opens_the_thinking(opened: Speaker) -> None:
    await asyncio.gather(*(ask(opened, script) for script in THINKS))


async def test_a_call_that_is_drafted_when_the_tokens_run_out_is_none(speaker: Speaker) -> None:
    marks = ("<think>", "<tool_call>", "</tool_call>")
    num_tokens = len(SCRIPTS["UNENDED"]) - sum(len(mark) - 1 for mark in marks)
    _, messages = await speaker.asked_every_way(
        "UNENDED", tools={"bash": BASH}, max_tokens=num_tokens
    )
    for heard in messages:
        assert (heard.thinking, heard.calls) == (f"I call.\n{DRAFT}", ())
        assert heard.reason == "max_tokens"


async def test_an_end_mark_that_is_spelled_in_the_thinking_does_not_end_it(
    speaker_of: MakeSpeaker,
) -> None:
    spelled = ["</", "think>"]
    script = ["<think>", "It ends with ", *spelled, ".", "</think>", "Not ", *spelled, " alone."]
    speaker = speaker_of({"SAY": script}, THINKING)
    heard = await speaker.chat("SAY", is_streamed=True)
    assert (heard.thinking, heard.text) == ("It ends with </think>.", "Not </think> alone.")


@pytest.mark.parametrize("script", ["LITERAL", "OPENING"])
async def test_an_answer_is_whole_when_thinking_is_off(speaker: Speaker, script: str) -> None:
    heard = await speaker.chat(script, is_streamed=True, reasoning_effort="none")
    assert (heard.thinking, heard.text) == HEARD[script][:2]
