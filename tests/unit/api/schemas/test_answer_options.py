"""An option that a surface of ours takes goes to the engine as it is."""

from dataclasses import fields
from typing import Any

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.agents import AgentTurnBody
from agent_memory.api.schemas.answer_options import AnswerOptions
from agent_memory.api.translators.agents_request import agent_turn
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.turns.answer_form import AnswerForm

IDENTITY = TurnIdentity(
    TurnId("turn_1"), RequestId("r"), WorkspaceId("w"), SessionId("s"), is_repeatable=False
)


def form_of(**options: object) -> AnswerForm:
    body = AgentTurnBody.model_validate({"message": "hi", **options})
    return agent_turn(body, IDENTITY, Limits()).form


def test_every_option_is_one_of_the_form_with_its_default() -> None:
    defaults = {field.name: field.default for field in fields(AnswerForm)}
    for name, option in AnswerOptions.model_fields.items():
        assert option.default == defaults[name], name


def test_a_turn_without_options_has_the_form_of_the_engine() -> None:
    assert form_of() == AnswerForm()


def test_options_are_passed_on_by_their_names() -> None:
    options: dict[str, Any] = {"parallel_tool_calls": False, "thinking": True, "thinking_budget": 7}
    assert set(options) == set(AnswerOptions.model_fields)
    assert form_of(**options) == AnswerForm(**options)
