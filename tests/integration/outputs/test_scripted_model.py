"""The scripted model says what it was told to, whatever it is asked."""

from pathlib import Path

import pytest

from agent_memory.testing.scripted_model import make_scripted_folder
from tests.integration.device.small_tokenizers import HERMES, OPENED_THINKING
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Heard, Speaker

CALLS = "".join(
    f'\n<tool_call>\n{{"name": "bash", "arguments": {{"command": "{command}"}}}}\n</tool_call>'
    for command in ("ls", "pwd")
)


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    scripts = {
        "SAY-WORDS": "Grüße, 😀 and so on: one, two, one, two.",
        "SAY-CALL": f"Sure.{CALLS}",
        "SAY-TOKENS": ["O", "k", "ay"],
    }
    return speaker_of(scripts, HERMES)


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_the_last_script_that_is_named_is_said(speaker: Speaker, is_streamed: bool) -> None:
    asked = "Not SAY-CALL but SAY-WORDS, please."
    said = "Grüße, 😀 and so on: one, two, one, two."
    expected = Heard(said, "", (), "stop")
    assert await speaker.chat(asked, is_streamed=is_streamed) == expected
    heard = await speaker.message(asked, is_streamed=is_streamed)
    assert (heard.text, heard.reason) == (said, "end_turn")


async def test_each_turn_of_a_session_has_a_script_of_its_own(speaker: Speaker) -> None:
    first = await speaker.chat("SAY-CALL", is_streamed=False, tools={"bash": BASH}, session="s1")
    assert first.calls == (
        ("bash", '{"command":"ls"}'),
        ("bash", '{"command":"pwd"}'),
    )
    history = [
        {"role": "user", "content": "SAY-CALL"},
        {"role": "assistant", "content": "Sure."},
    ]
    second = await speaker.chat("SAY-TOKENS", is_streamed=True, session="s1", history=history)
    assert second.text == "Okay"


async def test_a_script_given_in_tokens_is_cut_where_it_says(speaker: Speaker) -> None:
    heard = await speaker.chat("SAY-TOKENS", is_streamed=False, max_tokens=2)
    assert (heard.text, heard.reason) == ("Ok", "length")


async def test_a_turn_that_the_prompt_has_opened_is_gone_on_with(speaker_of: MakeSpeaker) -> None:
    speaker = speaker_of({"SAY": "hm</think>Hi."}, OPENED_THINKING)
    heard = await speaker.chat("SAY", is_streamed=False)
    assert (heard.thinking, heard.text) == ("hm", "Hi.")


def test_a_script_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="repeats itself"):
        make_scripted_folder(tmp_path, {"SAY": "a" * 200}, HERMES)
