"""Turns that are asked for again."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_memory.errors import AlreadyAnswered, Conflict, InvalidRequest
from agent_memory.gateway.repeatable import Repeatable
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import FinishReason, TextDelta, TurnFinished
from agent_memory.turns.request import TurnRequest
from tests.unit.gateway.asking import (
    USAGE,
    WORKSPACE,
    Speaker,
    answer_of,
    asking,
    assistant,
    heard,
    user,
)


class Answered:
    """The turns that are there; `later` appear after they were looked for once in vain."""

    def __init__(self, *turns: AnsweredTurn, later: tuple[AnsweredTurn, ...] = ()) -> None:
        self._turns = {turn.turn_id: turn for turn in turns}
        self._later = {turn.turn_id: turn for turn in later}
        self.num_asked = 0

    async def find(self, workspace: WorkspaceId, turn: TurnId) -> AnsweredTurn | None:
        assert workspace == WORKSPACE
        self.num_asked += 1
        found = self._turns.get(turn)
        self._turns |= self._later
        return found


FIRST = AnsweredTurn(
    TurnId("turn_1"),
    SessionId("s"),
    "m",
    "f",
    (user("hi"),),
    assistant("well said"),
    FinishReason.STOP,
    USAGE,
    datetime(2026, 1, 1, tzinfo=UTC),
)


def again(text: str = "hi") -> TurnRequest:
    return replace(asking(user(text)), is_repeatable=True)


async def test_a_turn_that_was_answered_is_told_and_not_taken() -> None:
    speaker = Speaker(*answer_of("never said"))
    events = await heard(Repeatable(speaker, Answered(FIRST)).answer(again()))
    assert TextDelta(0, "well said", 0) in events
    assert events[-1] == TurnFinished(USAGE)
    assert speaker.asked == []


async def test_a_turn_that_was_not_answered_is_taken() -> None:
    speaker = Speaker(*answer_of("now"))
    assert await heard(Repeatable(speaker, Answered()).answer(again())) == list(answer_of("now"))


async def test_a_turn_without_a_key_is_not_looked_for() -> None:
    answered = Answered(FIRST)
    speaker = Speaker(*answer_of("anew"))
    await heard(Repeatable(speaker, answered).answer(asking(user("hi"))))
    assert answered.num_asked == 0
    assert len(speaker.asked) == 1


async def test_a_turn_that_waited_behind_itself_is_told_when_it_has_ended() -> None:
    speaker = Speaker(AlreadyAnswered("The turn was answered already."))
    events = await heard(Repeatable(speaker, Answered(later=(FIRST,))).answer(again()))
    assert TextDelta(0, "well said", 0) in events


async def test_a_key_that_was_used_for_something_else_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="another request"):
        await heard(Repeatable(Speaker(), Answered(FIRST)).answer(again("something else")))


async def test_several_answers_cannot_be_told_again() -> None:
    request = replace(asking(user("hi"), n=2), is_repeatable=True)
    with pytest.raises(InvalidRequest, match="n must be 1"):
        await heard(Repeatable(Speaker(), Answered()).answer(request))


async def test_closing_a_turn_closes_the_one_that_it_comes_from() -> None:
    speaker = Speaker(*answer_of("cut short"))
    events = Repeatable(speaker, Answered()).answer(asking(user("hi")))
    await anext(events)
    await events.aclose()
    assert speaker.num_closed == 1
