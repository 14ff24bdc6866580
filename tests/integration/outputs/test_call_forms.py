"""Calls in the form of a real family, as the official clients are told of them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.device.text.real_templates import real_template
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import Speaker

TEXT = '  if x:\n    say("</parameter> ends it, </tool_call> too")\n'
WRITE = {"type": "object", "properties": {"path": {"type": "string"}, "text": {"type": "string"}}}
WRITTEN = {"path": "a.py", "text": TEXT}
NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
TOOLS: Mapping[str, Mapping[str, Any]] = {"fs.write": WRITE, "write": WRITE, "now": NOTHING}


def qwen(name: str, values: dict[str, str]) -> str:
    written = "".join(f"<parameter={key}>\n{text}\n</parameter>\n" for key, text in values.items())
    return f"<function={name}>\n{written}</function>\n"


CALLS = f"Ok.\n<tool_call>\n{qwen('fs.write', WRITTEN)}{qwen('now', {})}</tool_call>"


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    scripts = {"CALL": CALLS, "PROSE": "I would rather not."}
    return speaker_of(scripts, real_template("Qwen3-Coder"))


async def test_calls_reach_the_client_as_the_model_wrote_them(speaker: Speaker) -> None:
    chats, messages = await speaker.asked_every_way("CALL", tools=TOOLS)
    for heard in chats:
        calls = [(name, json.loads(arguments)) for name, arguments in heard.calls]
        assert calls == [("fs.write", WRITTEN), ("now", {})]
        assert (heard.text, heard.reason) == ("Ok.", "tool_calls")
    for heard in messages:
        assert heard.calls == (("fs.write", WRITTEN), ("now", {}))
        assert (heard.text, heard.reason) == ("Ok.", "tool_use")


async def test_a_call_that_was_cut_off_is_none(speaker: Speaker) -> None:
    chats, messages = await speaker.asked_every_way("CALL", tools=TOOLS, max_tokens=60)
    for heard in chats:
        assert heard.reason == "length"
        for _, arguments in heard.calls:
            with pytest.raises(ValueError, match=r"."):
                json.loads(arguments)
    for heard in messages:
        assert (heard.calls, heard.reason) == ((), "max_tokens")


async def test_a_call_that_is_asked_for_is_made_in_the_form_of_the_family(
    speaker: Speaker,
) -> None:
    heard = await speaker.chat(
        "PROSE",
        is_streamed=True,
        tools=TOOLS,
        tool_choice={"type": "function", "function": {"name": "now"}},
    )
    assert (heard.calls, heard.text, heard.reason) == ((("now", "{}"),), "", "tool_calls")
