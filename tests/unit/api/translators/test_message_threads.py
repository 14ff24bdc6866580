"""What a thread knows besides the conversation."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.anthropic import MessagesBody
from agent_memory.api.translators.message_threads import continued_turn, in_thread
from agent_memory.api.translators.messages_request import messages_turn
from agent_memory.errors import InvalidRequest, TurnNotFound
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.request import MessagePin, TurnRequest

FIRST = TurnId("turn_1")
GREP = {"name": "grep", "input_schema": {"type": "object"}}
FETCH = {**GREP, "name": "fetch", "defer_loading": True}
CREATE = {"type": "create"}
CONTINUE = {"type": "continue", "previous_message_id": "msg_1"}


def body_of(thread: dict[str, Any] | None, content: Any = "hello", **fields: Any) -> MessagesBody:
    messages = [{"role": "user", "content": content}]
    asked = {"model": "m", "max_tokens": 5, "messages": messages, "thread": thread, **fields}
    return MessagesBody.model_validate(asked)


def turn_of_body(body: MessagesBody, before: AnsweredTurn | None = None) -> TurnRequest:
    whole, thread = in_thread(body, before)
    identity = TurnIdentity(TurnId("turn_n"), RequestId("r"), WorkspaceId("w"), None)
    return messages_turn(whole, identity, Limits(), thread)


def answered(kept: str | None) -> AnsweredTurn:
    said = Message(Role.ASSISTANT, (Text("hi"),))
    return AnsweredTurn(
        FIRST,
        SessionId("s"),
        "m",
        None,
        (),
        said,
        FinishReason.STOP,
        Usage(1, 0),
        datetime(2026, 1, 1, tzinfo=UTC),
        kept,
    )


def names(turn: TurnRequest) -> list[str]:
    return [tool.name for tool in turn.form.tools]


def test_a_continued_turn_is_new_words_under_the_same_tools() -> None:
    first = turn_of_body(body_of(CREATE, tools=[GREP]))
    second = turn_of_body(body_of(CONTINUE), answered(first.kept))

    assert (first.continues, first.is_delta) == (None, False)
    assert (second.continues, second.is_delta) == (FIRST, True)
    assert second.form.tools == first.form.tools
    assert second.kept == first.kept


def test_a_tool_that_was_loaded_stays_callable() -> None:
    first = turn_of_body(body_of(CREATE, tools=[GREP, FETCH]))
    loading = [
        {
            "type": "tool_result",
            "tool_use_id": "t",
            "content": [{"type": "tool_reference", "tool_name": "fetch"}],
        }
    ]
    second = turn_of_body(body_of(CONTINUE, loading), answered(first.kept))
    third = turn_of_body(body_of(CONTINUE), answered(second.kept))

    assert names(first) == ["grep"]
    assert names(second) == names(third) == ["grep", "fetch"]
    assert third.form.tools[1].is_deferred


@pytest.mark.parametrize("kept", [None, '{"tools": []}', '{"thread": {"tools": 1}}', "[]"])
def test_a_turn_of_another_surface_is_continued_without_tools(kept: str | None) -> None:
    assert names(turn_of_body(body_of(CONTINUE), answered(kept))) == []


def test_a_request_without_a_thread_keeps_nothing() -> None:
    assert turn_of_body(body_of(None, tools=[GREP])).kept is None


@pytest.mark.parametrize("name", ["resp_1", "msg_1", "turn_1"])
def test_an_answer_goes_by_any_of_its_names(name: str) -> None:
    assert continued_turn(body_of({**CONTINUE, "previous_message_id": name})) == FIRST


def test_what_is_no_name_of_an_answer_is_not_found() -> None:
    with pytest.raises(TurnNotFound):
        continued_turn(body_of({**CONTINUE, "previous_message_id": "thread 1"}))


@pytest.mark.parametrize(
    ("thread", "fields", "param"),
    [
        ({"type": "continue"}, {}, "thread.previous_message_id"),
        (CONTINUE, {"system": "Be terse."}, "system"),
        (CONTINUE, {"tools": [GREP]}, "tools"),
    ],
)
def test_a_continuation_names_its_answer_and_sends_nothing_that_the_thread_keeps(
    thread: dict[str, Any], fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        continued_turn(body_of(thread, **fields))

    assert raised.value.param == param


def test_places_of_new_messages_are_counted_from_the_beginning_of_the_conversation() -> None:
    marked = [
        {"type": "text", "text": "hello", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ]
    turn = turn_of_body(body_of(CONTINUE, marked), answered(None)).within(4)

    assert turn.cache_marks == (5,)
    assert turn.pins == (MessagePin(5, 3600.0),)
