"""A call that was cut off is never completed by the server: no client can run another one."""

import asyncio
import json

import pytest

from tests.integration.device.small_tokenizers import HERMES
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Speaker

COMMAND = "rm -rf /srv/tmp-24"
BEFORE = "Sure.\n<tool_call>\n"
HEAD = '{"name": "bash", "arguments": '
ARGUMENTS = json.dumps({"command": COMMAND})
CALL = f"{BEFORE}{HEAD}{ARGUMENTS}}}\n</tool_call>"
MARK = len("<tool_call>") - 1
"""By so much the mark, which is one token, is longer than what it counts."""
NUM_BEFORE = len(BEFORE) - MARK
NUM_HEAD = NUM_BEFORE + len(HEAD)
NUM_WHOLE = NUM_HEAD + len(ARGUMENTS)
TOOLS = {"bash": BASH}
UNCONSTRAINED = {"bash": {"$ref": "#/none"}}
"""No grammar can be made of it: the model may write what it likes."""


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    scripts = {
        "CALL": CALL,
        "NUMBER": '<tool_call>\n{"name": "pay", "arguments": {"amount": 1250}}\n</tool_call>',
        "UNENDED": f'<tool_call>\n{HEAD}{{"command": "ls',
        "BROKEN": f'<tool_call>\n{HEAD}{{"command": "ls" -l}}}}\n</tool_call>',
        "DONE": "Done.",
    }
    return speaker_of(scripts, HERMES)


async def test_arguments_end_where_the_model_was_cut_off(speaker: Speaker) -> None:
    async def cut_after(num_written: int) -> None:
        chats, messages = await speaker.asked_every_way(
            "CALL", tools=TOOLS, max_tokens=NUM_HEAD + num_written
        )
        written = ARGUMENTS[:num_written].replace(": ", ":")
        for heard in chats:
            assert (heard.text, heard.reason) == ("Sure.", "length")
            assert heard.calls == (("bash", written),)
        for heard in messages:
            assert (heard.text, heard.calls, heard.reason) == ("Sure.", (), "max_tokens")

    await asyncio.gather(*map(cut_after, range(2, len(ARGUMENTS), 9)))


async def test_a_call_whose_arguments_are_whole_is_one(speaker: Speaker) -> None:
    chats, messages = await speaker.asked_every_way("CALL", tools=TOOLS, max_tokens=NUM_WHOLE)
    for heard in messages:
        assert heard.calls == (("bash", {"command": COMMAND}),)
    for heard in chats:
        assert [(name, json.loads(text)) for name, text in heard.calls] == [
            ("bash", {"command": COMMAND})
        ]


async def test_a_call_that_has_no_name_yet_is_not_told(speaker: Speaker) -> None:
    async def cut_at(max_tokens: int) -> None:
        chats, messages = await speaker.asked_every_way("CALL", tools=TOOLS, max_tokens=max_tokens)
        for heard in chats:
            assert (heard.text, heard.calls, heard.reason) == ("Sure.", (), "length")
        for heard in messages:
            assert (heard.text, heard.calls, heard.reason) == ("Sure.", (), "max_tokens")

    await asyncio.gather(*map(cut_at, range(NUM_BEFORE - 1, NUM_HEAD, 13)))


async def test_no_number_is_cut_to_another(speaker: Speaker) -> None:
    num_head = len('<tool_call>\n{"name": "pay", "arguments": {"amount": ') - MARK
    schema = {"type": "object", "properties": {"amount": {"type": "integer"}}}
    chats, messages = await speaker.asked_every_way(
        "NUMBER", tools={"pay": schema}, max_tokens=num_head + 2
    )
    assert [heard.calls for heard in chats] == [(("pay", '{"amount":12'),)] * 2
    assert [heard.calls for heard in messages] == [(), ()]


async def test_a_call_amid_which_the_model_ends_its_turn_is_none(speaker: Speaker) -> None:
    chats, messages = await speaker.asked_every_way("UNENDED", tools=UNCONSTRAINED)
    for heard in chats:
        assert (heard.calls, heard.reason) == ((("bash", '{"command":"ls'),), "stop")
    for heard in messages:
        assert (heard.calls, heard.reason) == ((), "end_turn")


async def test_arguments_that_are_no_json_are_not_made_json(speaker: Speaker) -> None:
    written = '{"command":"ls"-l}}'
    chats, messages = await speaker.asked_every_way("BROKEN", tools=UNCONSTRAINED)
    for heard in chats:
        assert (heard.calls, heard.reason) == ((("bash", written),), "tool_calls")
    for heard in messages:
        assert heard.calls == (("bash", {"INVALID_JSON": written}),)
        assert heard.reason == "tool_use"


@pytest.mark.parametrize("max_tokens", [NUM_BEFORE + 4, NUM_HEAD + 20])
async def test_a_session_keeps_the_call_as_it_was_cut_and_goes_on(
    speaker: Speaker, max_tokens: int
) -> None:
    session = f"cut-{max_tokens}"
    await speaker.message(
        "CALL", is_streamed=True, tools=TOOLS, session=session, max_tokens=max_tokens
    )
    (_, answer) = await speaker.transcript(session)
    (text, call) = answer["content"]
    assert text == {"type": "text", "text": "Sure."}
    if max_tokens < NUM_HEAD:
        assert call["name"] == ""
        assert call["arguments"] == CALL[len("Sure.\n") : max_tokens + MARK]
    else:
        assert call["name"] == "bash"
        assert call["arguments"] == ARGUMENTS[:20].replace(": ", ":")
    history = [
        {"role": "user", "content": "CALL"},
        {"role": "assistant", "content": [{"type": "text", "text": "Sure."}]},
    ]
    heard = await speaker.message(
        "DONE", is_streamed=False, tools=TOOLS, session=session, history=history
    )
    assert (heard.text, heard.reason) == ("Done.", "end_turn")
    kept = await speaker.transcript(session)
    assert len(kept) == 4
    assert kept[1] == answer


async def test_any_arguments_may_stand_in_the_history(speaker: Speaker) -> None:
    async def ask(arguments: object) -> None:
        function = {"name": "bash", "arguments": arguments}
        history = [
            {"role": "user", "content": "CALL"},
            {"role": "assistant", "tool_calls": [{"id": "c1", "function": function}]},
            {"role": "tool", "tool_call_id": "c1", "content": "no"},
        ]
        heard = await speaker.chat("DONE", is_streamed=False, tools=TOOLS, history=history)
        assert heard.text == "Done."

    sent = ['{"command": "l', "null", "", None, "[1]", '"ls"', {"command": "ls"}]
    await asyncio.gather(*map(ask, sent))
