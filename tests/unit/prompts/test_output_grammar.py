import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.prompts.call_forms.json_grammars import EnclosedGrammar
from agent_memory.prompts.output_grammar import output_grammar
from agent_memory.turns.messages import ToolChoice, ToolMode, ToolSpec

F = ToolSpec("f", "", {"type": "object", "properties": {"a": {"type": "integer"}}})
G = ToolSpec("g", "", {})
FORM = EnclosedGrammar("<tool_call>", "</tool_call>")
ANY = '{"type": "object"}'


def grammar(
    tools: tuple[ToolSpec, ...], choice: ToolChoice, schema: str | None = None
) -> str | None:
    return output_grammar(tools, choice, schema, FORM)


def test_a_free_answer_has_no_grammar() -> None:
    assert grammar((F,), ToolChoice()) is None
    assert grammar((F,), ToolChoice(ToolMode.NONE)) is None


def test_a_required_call_may_be_of_any_tool() -> None:
    text = grammar((F, G), ToolChoice(ToolMode.REQUIRED)) or ""
    assert '\\\\"name\\\\": \\\\"f\\\\"' in repr(text)
    assert "call: call_0 | call_1" in text


def test_a_named_call_is_one_call_of_that_tool() -> None:
    text = grammar((F, G), ToolChoice(ToolMode.NAMED, "g")) or ""
    assert "calls: call\n" in text
    assert '\\"g\\"' in text
    assert '\\"f\\"' not in text


def test_one_call_is_enough_where_no_more_are_wanted() -> None:
    choice = ToolChoice(ToolMode.REQUIRED)
    text = output_grammar((F, G), choice, None, FORM, is_single_call=True) or ""
    assert "calls: call\n" in text
    assert "call: call_0 | call_1" in text


def test_a_schema_leaves_room_for_calls_unless_there_are_none() -> None:
    assert "(calls | answer)" in (grammar((F,), ToolChoice(), ANY) or "")
    assert "(answer)" in (grammar((), ToolChoice(), ANY) or "")
    assert "(answer)" in (grammar((F,), ToolChoice(ToolMode.NONE), ANY) or "")


@pytest.mark.parametrize(
    ("tools", "choice", "schema", "reason"),
    [
        ((), ToolChoice(ToolMode.REQUIRED), None, "no tools"),
        ((F,), ToolChoice(ToolMode.NAMED, "h"), None, "names 'h'"),
        ((), ToolChoice(), "{", "not JSON"),
        ((), ToolChoice(), "[]", "must be an object"),
    ],
)
def test_what_cannot_be_had_is_refused(
    tools: tuple[ToolSpec, ...], choice: ToolChoice, schema: str | None, reason: str
) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        grammar(tools, choice, schema)


def test_calls_in_a_form_without_a_grammar_cannot_be_required() -> None:
    with pytest.raises(InvalidRequest, match="cannot be required"):
        output_grammar((F,), ToolChoice(ToolMode.REQUIRED), None, None)
    with pytest.raises(InvalidRequest, match="cannot be required"):
        output_grammar((F,), ToolChoice(), ANY, None)
    assert output_grammar((), ToolChoice(), ANY, None)
