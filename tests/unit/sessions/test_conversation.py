"""Recalled text stays where it was read, though clients never send it back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_memory.errors import TurnNotFound
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.prompts.identity import head_hash
from agent_memory.sessions.conversation import Conversation
from agent_memory.testing.engine import MemoryStore
from agent_memory.turns.messages import Message, Recollection, Role, Text
from agent_memory.turns.placement import Branch
from agent_memory.turns.request import TurnMemory, TurnRequest
from agent_memory.turns.sampling import SamplingParams
from agent_memory.turns.transcript import GeneratedTurn, SessionRecord, Transcript

RECALLED = Recollection("It was said: blue.\n", ("item_1",), 6)
QUESTION = Message(Role.USER, (Text("Which colour?"),))
READ = Message(Role.USER, (RECALLED, *QUESTION.parts))
ANSWER = Message(Role.ASSISTANT, (Text("Blue."),))
NEXT = Message(Role.USER, (Text("Sure?"),))


def ask(
    *messages: Message, recollection: Recollection | None = None, is_delta: bool = False
) -> TurnRequest:
    return TurnRequest(
        TurnId("turn_2"),
        RequestId("r"),
        WorkspaceId("w"),
        messages,
        SamplingParams(max_tokens=5),
        memory=TurnMemory(recollection=recollection),
        is_delta=is_delta,
    )


def stored(*messages: Message) -> Conversation:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    record = SessionRecord(
        SessionId("s"), WorkspaceId("w"), now, now, 1, len(messages), 0, head_hash(messages), "m"
    )
    answer = len(messages) - 1
    turn = GeneratedTurn(TurnId("turn_1"), answer, messages[answer], (1,), "", "m")
    return Conversation(Transcript(record, messages, (turn,)))


def test_what_was_recalled_stands_before_the_new_words() -> None:
    continuation = Conversation().continue_with(ask(QUESTION, recollection=RECALLED))
    assert continuation.messages == (READ,)
    assert continuation.recollection == RECALLED


def test_a_history_without_it_is_read_with_it_again() -> None:
    continuation = stored(READ, ANSWER).continue_with(ask(QUESTION, ANSWER, NEXT))
    assert continuation.messages == (READ, ANSWER, NEXT)
    assert continuation.num_kept == 2
    assert continuation.recollection is None


def test_the_new_message_alone_gets_what_is_recalled_now() -> None:
    later = Recollection("It was also said: navy.\n")
    continuation = stored(READ, ANSWER).continue_with(
        ask(QUESTION, ANSWER, NEXT, recollection=later)
    )
    assert continuation.messages[0] == READ
    assert continuation.messages[-1] == Message(Role.USER, (later, *NEXT.parts))


def test_a_question_asked_again_keeps_what_was_recalled_for_it() -> None:
    again = Recollection("Something else.\n")
    continuation = stored(READ, ANSWER).continue_with(ask(QUESTION, recollection=again))
    assert continuation.messages == (READ,)
    assert continuation.num_kept == 1
    assert continuation.recollection == RECALLED


def test_a_delta_follows_what_is_stored() -> None:
    continuation = stored(READ, ANSWER).continue_with(ask(NEXT, is_delta=True))
    assert continuation.messages == (READ, ANSWER, NEXT)


def test_results_of_tools_get_nothing_put_before_them() -> None:
    call = Message(Role.TOOL, (Text("42"),))
    continuation = Conversation().continue_with(ask(call, recollection=RECALLED))
    assert continuation.messages == (call,)


async def test_a_branch_that_the_request_does_not_repeat_must_be_there() -> None:
    gone = Branch(SessionId("gone"), TurnId("turn_0"))
    place = (MemoryStore(), WorkspaceId("w"), SessionId("s"))
    assert (await Conversation.load(*place, gone)).messages == ()
    with pytest.raises(TurnNotFound, match="turn_0"):
        await Conversation.load(*place, replace(gone, is_needed=True))


def test_a_conversation_is_the_same_with_and_without_what_was_recalled() -> None:
    assert head_hash([READ, ANSWER]) == head_hash([QUESTION, ANSWER])
