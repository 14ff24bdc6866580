"""Digests of a request's parts."""

from dataclasses import replace

import pytest

from agent_memory.ids import RequestId, TurnId, WorkspaceId
from agent_memory.prompts.shape import PromptShape
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import Message, Role, Text, ToolSpec
from agent_memory.turns.prompt_tags import PromptTags
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

SYSTEM = Message(Role.SYSTEM, (Text("Be terse."),))
USER = Message(Role.USER, (Text("hello"),))
GREP = ToolSpec("grep", "Searches.", {"type": "object", "required": []})
REQUEST = TurnRequest(
    TurnId("turn_1"),
    RequestId("r"),
    WorkspaceId("w"),
    (SYSTEM, USER),
    SamplingParams(max_tokens=9),
    form=AnswerForm(tools=(GREP,), json_schema='{"type": "object"}'),
    model="m",
)


def shape_of(request: TurnRequest) -> PromptShape:
    return PromptShape.of(request, request.messages)


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        (replace(REQUEST, model="n"), {"model"}),
        (replace(REQUEST, form=replace(REQUEST.form, tools=())), {"tools"}),
        (replace(REQUEST, messages=(USER,)), {"system"}),
        (replace(REQUEST, form=replace(REQUEST.form, thinking=True)), {"thinking"}),
        (replace(REQUEST, form=replace(REQUEST.form, json_schema=None)), {"text_format"}),
        (replace(REQUEST, tags=PromptTags("low", "high")), {"reasoning_effort", "verbosity"}),
        (
            replace(REQUEST, tags=PromptTags(cache_key="k", service_tier="flex")),
            {"cache_key", "service_tier"},
        ),
        (replace(REQUEST, messages=(SYSTEM, USER, SYSTEM)), set()),
    ],
)
def test_a_changed_part_is_the_one_that_differs(changed: TurnRequest, parts: set[str]) -> None:
    assert shape_of(REQUEST).changes_to(shape_of(changed)) == parts


def test_spelling_is_no_change() -> None:
    spelled = replace(
        REQUEST,
        messages=(Message(Role.SYSTEM, (Text("Be "), Text("terse.\n"))), USER),
        form=replace(
            REQUEST.form,
            tools=(replace(GREP, parameters={"required": [], "type": "object"}),),
            json_schema='{"type":"object"}',
        ),
    )

    assert shape_of(spelled) == shape_of(REQUEST)


def test_a_shape_is_read_back_and_holds_no_words() -> None:
    shape = shape_of(REQUEST)

    assert PromptShape.read(shape.text) == shape
    assert "terse" not in shape.text


@pytest.mark.parametrize("text", [None, "", "[]"])
def test_where_no_shape_was_kept_there_is_none(text: str | None) -> None:
    assert PromptShape.read(text) is None
