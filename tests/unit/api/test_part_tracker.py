"""Where parts begin and end, for protocols that say so."""

import pytest

from agent_memory.api.part_tracker import (
    AnswerPart,
    ChoiceEvent,
    PartBegun,
    PartEnded,
    PartGrown,
    PartStep,
    PartTracker,
)
from agent_memory.errors import InvariantBroken
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from agent_memory.turns.messages import Text, Thinking, ToolUse

CALL = ToolCallStarted(0, "call_1", "clock")


def _steps(*events: ChoiceEvent) -> list[PartStep]:
    tracker = PartTracker()
    return [step for event in events for step in tracker.take(event)]


def _last_call(*pieces: str, reason: FinishReason) -> AnswerPart:
    deltas = [ToolCallDelta(0, piece) for piece in pieces]
    last = _steps(CALL, *deltas, ChoiceFinished(0, reason))[-1]
    assert isinstance(last, PartEnded)
    return last.part


def test_text_that_goes_on_is_one_part() -> None:
    assert _steps(TextDelta(0, "a", 1), TextDelta(0, "b", 1)) == [
        PartBegun(Text),
        PartGrown(Text, "a"),
        PartGrown(Text, "b"),
    ]


def test_a_part_ends_where_another_kind_begins() -> None:
    assert _steps(ThinkingDelta(0, "Hm.", 1), TextDelta(0, "Yes", 1)) == [
        PartBegun(Thinking),
        PartGrown(Thinking, "Hm."),
        PartEnded(Thinking("Hm."), None),
        PartBegun(Text),
        PartGrown(Text, "Yes"),
    ]


def test_two_calls_in_a_row_are_two_parts() -> None:
    other = ToolCallStarted(0, "call_2", "weather")
    ended = [
        step.part
        for step in _steps(
            CALL,
            ToolCallDelta(0, '{"a":'),
            ToolCallDelta(0, "1}"),
            other,
            ToolCallDelta(0, "{}"),
            ChoiceFinished(0, FinishReason.TOOL_CALLS),
        )
        if isinstance(step, PartEnded)
    ]
    assert ended == [ToolUse("call_1", "clock", '{"a":1}'), ToolUse("call_2", "weather", "{}")]


def test_empty_text_begins_no_part() -> None:
    assert _steps(TextDelta(0, "", 1), ChoiceFinished(0, FinishReason.STOP)) == []


def test_empty_text_does_not_end_the_thinking_around_it() -> None:
    steps = _steps(ThinkingDelta(0, "a", 1), TextDelta(0, "", 1), ThinkingDelta(0, "b", 1))
    assert [type(step) for step in steps] == [PartBegun, PartGrown, PartGrown]


@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.STOP_SEQUENCE])
def test_the_last_part_says_why_the_choice_ended_with_it(reason: FinishReason) -> None:
    last = _steps(TextDelta(0, "a", 1), ChoiceFinished(0, reason))[-1]
    assert last == PartEnded(Text("a"), reason)


def test_a_whole_call_without_arguments_has_an_empty_object() -> None:
    assert _last_call(reason=FinishReason.TOOL_CALLS) == ToolUse("call_1", "clock", "{}")


def test_a_call_that_was_cut_off_before_its_arguments_has_none() -> None:
    assert _last_call(reason=FinishReason.LENGTH) == ToolUse("call_1", "clock", "")


def test_arguments_without_a_call_are_a_fault_of_ours() -> None:
    with pytest.raises(InvariantBroken):
        _steps(TextDelta(0, "a", 1), ToolCallDelta(0, "{}"))
