"""The names of one turn."""

from collections.abc import Callable

import pytest

from agent_memory.ids import TurnId
from agent_memory.turns.names import completion_id, message_id, response_id, turn_of

TURN = TurnId("turn_5e0c")


@pytest.mark.parametrize("name", [response_id, message_id, completion_id])
def test_every_name_of_a_turn_leads_back_to_it(name: Callable[[TurnId], str]) -> None:
    assert turn_of(name(TURN)) == TURN
    assert turn_of(TURN) == TURN


@pytest.mark.parametrize(
    "name", ["", "resp_", "5e0c", "conv_5e0c", "resp_a/b", "resp_a\n", "resp_é"]
)
def test_what_is_no_name_of_a_turn_leads_nowhere(name: str) -> None:
    assert turn_of(name) is None
