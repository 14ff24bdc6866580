"""Conversations without their old thinking."""

import pytest

from agent_memory.prompts.context_edits import edited
from agent_memory.turns.context_edits import ClearThinking
from agent_memory.turns.messages import Message, Role, Text, Thinking


def answer(number: int) -> Message:
    return Message(Role.ASSISTANT, (Thinking(f"hm {number}"), Text(f"{number}")))


USER = Message(Role.USER, (Text("and?"),))
TALK = (USER, answer(1), USER, answer(2), USER, answer(3), USER)


@pytest.mark.parametrize(("keep", "places"), [(0, {1, 3, 5}), (1, {1, 3}), (2, {1})])
def test_the_newest_thinking_stays(keep: int, places: set[int]) -> None:
    after = edited(TALK, 10, ClearThinking(keep))

    assert after is not None
    assert (after.num_cleared, after.changed) == (len(places), places)
    assert after.messages[1].parts == (Text("1"),)
    assert [message.text for message in after.messages] == [message.text for message in TALK]


@pytest.mark.parametrize("keep", [None, 3, 4])
def test_where_all_thinking_stays_nothing_is_done(keep: int | None) -> None:
    assert edited(TALK, 10, ClearThinking(keep)) is None
