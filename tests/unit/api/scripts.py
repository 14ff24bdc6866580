"""The scripted runtime's answers in the tests of the API."""

from collections.abc import Sequence

from agent_memory.ids import SessionId, TurnId
from agent_memory.testing.runtime import Step
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.models import ModelCard

MODEL = ModelCard(
    id="org/tiny", created=1_767_225_600, context_window=8192, has_tools=True, parameters=1_000_000
)
STARTED = TurnStarted(
    TurnId("turn_scripted"), SessionId("sess_scripted"), Usage(prompt_tokens=21, cached_tokens=16)
)
USAGE = Usage(
    prompt_tokens=21, cached_tokens=16, completion_tokens=7, miss_reason="new_message at token 16"
)
FINISHED = TurnFinished(USAGE)


def stop(index: int = 0) -> ChoiceFinished:
    return ChoiceFinished(index, FinishReason.STOP)


def turn(*steps: Step, reason: FinishReason = FinishReason.STOP) -> Sequence[Step]:
    """A whole turn of one choice around `steps`."""
    return (STARTED, *steps, ChoiceFinished(0, reason), FINISHED)


PARIS = turn(TextDelta(0, "Par", 1), TextDelta(0, "is.", 1))
TWO_CALLS = turn(
    ThinkingDelta(0, "I should ", 2),
    ThinkingDelta(0, "look.", 1),
    TextDelta(0, "Looking.", 2),
    ToolCallStarted(0, "call_1", "weather"),
    ToolCallDelta(0, '{"city":', 1),
    ToolCallDelta(0, '"Paris"}', 1),
    ToolCallStarted(0, "call_2", "clock"),
    ToolCallDelta(0, "{}", 1),
    reason=FinishReason.TOOL_CALLS,
)


def logprob(token: str, value: float, *top: TokenLogprob) -> TokenLogprob:
    return TokenLogprob(token, tuple(token.encode()), value, top)
