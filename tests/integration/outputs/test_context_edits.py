"""Edits of the context are made on what the model reads, and the conversation keeps all."""

from typing import Any

import anthropic
import pytest

from tests.integration.device.small_tokenizers import HERMES
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Speaker

TOOLS: Any = [{"name": name, "input_schema": dict(BASH)} for name in ("bash", "note")]
CLEARED = "[cleared: an old result of a tool]"


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    return speaker_of({"DONE": "Done."}, HERMES)


def history(*names: str) -> list[Any]:
    """A call of each tool with a long result, and a question."""
    said: list[Any] = [{"role": "user", "content": "Go on."}]
    for at, name in enumerate(names):
        call = {"type": "tool_use", "id": f"t{at}", "name": name, "input": {"command": f"ls {at}"}}
        result = {"type": "tool_result", "tool_use_id": f"t{at}", "content": f"{at}" * 200}
        said.append({"role": "assistant", "content": [call]})
        said.append({"role": "user", "content": [result]})
    said[-1]["content"].append({"type": "text", "text": "DONE"})
    return said


async def ask(speaker: Speaker, messages: list[Any], *edits: Any, is_streamed: bool = False) -> Any:
    asked: Any = {
        "model": "m",
        "max_tokens": 50,
        "tools": TOOLS,
        "messages": messages,
        "context_management": {"edits": list(edits)},
        "betas": ["context-management-2025-06-27"],
        "extra_headers": {"X-Session-ID": "edited"},
    }
    async with speaker.anthropic() as client:
        if not is_streamed:
            return await client.beta.messages.create(**asked)
        async with client.beta.messages.stream(**asked) as stream:
            return await stream.get_final_message()


def clear(**fields: Any) -> dict[str, Any]:
    return {
        "type": "clear_tool_uses_20250919",
        "trigger": {"type": "tool_uses", "value": 2},
        "keep": {"type": "tool_uses", "value": 1},
        **fields,
    }


async def num_tokens(speaker: Speaker, messages: list[Any]) -> int:
    async with speaker.anthropic() as client:
        counted = await client.messages.count_tokens(model="m", tools=TOOLS, messages=messages)
    return counted.input_tokens


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_old_results_are_cleared_and_counted(speaker: Speaker, is_streamed: bool) -> None:
    messages = history("bash", "bash", "bash")
    answer = await ask(speaker, messages, clear(), is_streamed=is_streamed)

    [applied] = answer.context_management.applied_edits
    assert (applied.type, applied.cleared_tool_uses) == ("clear_tool_uses_20250919", 2)
    assert applied.cleared_input_tokens == 2 * (200 - len(CLEARED))
    whole = await num_tokens(speaker, messages)
    assert answer.usage.input_tokens == whole - applied.cleared_input_tokens
    assert answer.content[0].text == "Done."


async def test_the_transcript_keeps_what_was_cleared(speaker: Speaker) -> None:
    await ask(speaker, history("bash", "bash", "bash"), clear())

    transcript = await speaker.transcript("edited")
    results = [
        part["content"]
        for message in transcript
        for part in message["content"]
        if part["type"] == "tool_result"
    ]
    assert results == ["0" * 200, "1" * 200, "2" * 200]


@pytest.mark.parametrize(
    ("edit", "num_cleared"),
    [
        (clear(trigger={"type": "tool_uses", "value": 3}), 0),
        (clear(trigger={"type": "input_tokens", "value": 100}), 2),
        ({"type": "clear_tool_uses_20250919"}, 0),
        (clear(exclude_tools=["note"]), 1),
        (clear(clear_at_least={"type": "input_tokens", "value": 5000}), 0),
        (clear(keep={"type": "tool_uses", "value": 0}), 3),
        (clear(keep={"type": "tool_uses", "value": 4}), 0),
        ({"type": "clear_thinking_20251015", "keep": "all"}, 0),
        ({"type": "compact_20260112"}, 0),
    ],
)
async def test_an_edit_is_made_when_it_is_due(
    speaker: Speaker, edit: dict[str, Any], num_cleared: int
) -> None:
    answer = await ask(speaker, history("bash", "note", "bash"), edit)

    applied = answer.context_management.applied_edits
    assert sum(each.cleared_tool_uses for each in applied) == num_cleared


async def test_arguments_are_cleared_where_the_client_says_so(speaker: Speaker) -> None:
    messages = history("bash", "bash", "bash")
    plain = await ask(speaker, messages, clear())
    both = await ask(speaker, messages, clear(clear_tool_inputs=True))

    shorter = 2 * len('"command": "ls 0"')
    assert plain.usage.input_tokens - both.usage.input_tokens == shorter


async def test_a_compaction_that_is_due_is_refused_with_the_reason(speaker: Speaker) -> None:
    compact = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 100}}
    with pytest.raises(anthropic.BadRequestError, match="does not compact by itself"):
        await ask(speaker, history("bash"), compact)


@pytest.mark.parametrize(
    "edit",
    [
        {"type": "clear_everything"},
        clear(trigger={"type": "minutes", "value": 3}),
        clear(keep={"type": "tool_uses", "value": -1}),
        {"type": "clear_thinking_20251015", "keep": "some"},
    ],
)
async def test_an_edit_that_is_not_understood_is_refused(
    speaker: Speaker, edit: dict[str, Any]
) -> None:
    with pytest.raises(anthropic.BadRequestError):
        await ask(speaker, history("bash"), edit)
