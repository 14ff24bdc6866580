"""A committed turn, told to whoever asks for it again."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_memory.errors import Conflict
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Message, Recollection, Role, Text, Thinking, ToolUse
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

SYSTEM = Message(Role.SYSTEM, (Text("Be terse."),))
HELLO = Message(Role.USER, (Text("hello"),))
ANSWER = Message(Role.ASSISTANT, (Thinking("hm"), Text("hi"), ToolUse("c", "look", "{}")))
USAGE = Usage(prompt_tokens=12, cached_tokens=3, completion_tokens=7)
TURN = AnsweredTurn(
    TurnId("turn_1"),
    SessionId("s"),
    "tiny",
    "print",
    (HELLO,),
    ANSWER,
    FinishReason.TOOL_CALLS,
    USAGE,
    datetime(2026, 1, 1, tzinfo=UTC),
)


def asking(*messages: Message, session: str | None = None, is_delta: bool = False) -> TurnRequest:
    return TurnRequest(
        turn_id=TURN.turn_id,
        request_id=RequestId("r"),
        workspace_id=WorkspaceId("w"),
        messages=messages,
        sampling=SamplingParams(max_tokens=9),
        named_session=None if session is None else SessionId(session),
        is_delta=is_delta,
        is_repeatable=True,
    )


def test_the_answer_is_told_as_it_was_given() -> None:
    assert list(TURN.events_for(asking(HELLO))) == [
        TurnStarted(
            TURN.turn_id,
            TURN.session_id,
            replace(USAGE, completion_tokens=0),
            model="tiny",
            model_fingerprint="print",
        ),
        ThinkingDelta(0, "hm", 0),
        TextDelta(0, "hi", 0),
        ToolCallStarted(0, "c", "look"),
        ToolCallDelta(0, "{}"),
        ChoiceFinished(0, FinishReason.TOOL_CALLS),
        TurnFinished(USAGE),
    ]


@pytest.mark.parametrize(
    "request_",
    [
        asking(HELLO, session="s"),
        asking(HELLO, is_delta=True, session="s"),
        asking(SYSTEM, HELLO),  # a whole history, of which the session had the beginning
    ],
)
def test_the_same_request_is_known_again(request_: TurnRequest) -> None:
    assert list(TURN.events_for(request_))


def test_what_memory_put_in_front_makes_no_other_request_of_it() -> None:
    told = Message(Role.USER, (Recollection("You know: x", ("i",), 4), *HELLO.parts))
    assert list(replace(TURN, new_messages=(told,)).events_for(asking(HELLO)))


@pytest.mark.parametrize(
    "request_",
    [
        asking(Message(Role.USER, (Text("other"),))),
        asking(SYSTEM, HELLO, is_delta=True),
        asking(HELLO, session="another"),
        asking(),
    ],
)
def test_a_key_that_was_used_for_something_else_is_a_conflict(request_: TurnRequest) -> None:
    with pytest.raises(Conflict, match="Idempotency-Key"):
        TURN.events_for(request_)
