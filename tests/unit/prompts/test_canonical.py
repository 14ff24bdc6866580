import json

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.prompts.canonical import canonical_json, canonical_message
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolResult, ToolUse

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def test_thinking_whitespace_ids_and_json_spelling_do_not_matter() -> None:
    recorded = Message(
        Role.ASSISTANT,
        (Thinking("hm"), Text("Sure.\n"), ToolUse("call_1", "f", '{"a": 1, "b": "é"}')),
    )
    sent = Message(
        Role.ASSISTANT, (Text(" Sure."), ToolUse("toolu_9", "f", '{"b":"\\u00e9","a":1.0}'))
    )
    assert canonical_message(recorded) == canonical_message(sent)


def test_another_argument_another_name_and_another_text_do_matter() -> None:
    def said(text: str, name: str, arguments: str) -> object:
        return canonical_message(
            Message(Role.ASSISTANT, (Text(text), ToolUse("call_1", name, arguments)))
        )

    assert len({said("a", "f", "{}"), said("b", "f", "{}"), said("a", "g", "{}")}) == 3
    assert said("a", "f", '{"x":1}') != said("a", "f", '{"x":2}')


def test_a_call_that_was_cut_off_may_be_left_out_or_sent_back() -> None:
    recorded = Message(Role.ASSISTANT, (Text("Sure."), ToolUse("c1", "f", '{"a": "b')))
    nameless = Message(Role.ASSISTANT, (Text("Sure."), ToolUse("c1", "", "<tool_call>{")))
    left_out = Message(Role.ASSISTANT, (Text("Sure."),))
    mended = Message(Role.ASSISTANT, (Text("Sure."), ToolUse("c1", "f", '{"a": "b"}')))
    assert canonical_message(recorded) == canonical_message(left_out)
    assert canonical_message(nameless) == canonical_message(left_out)
    assert canonical_message(mended) != canonical_message(left_out)


def test_results_are_compared_by_content_and_outcome() -> None:
    def result(content: str, *, is_error: bool = False) -> object:
        return canonical_message(Message(Role.TOOL, (ToolResult("call_1", content, is_error),)))

    assert result("42") == result(" 42\n")
    assert result("42") != result("42", is_error=True)


@given(json_values)
def test_json_is_canonical_however_it_is_spelled(value: object) -> None:
    spaced = json.dumps(value, indent=3, ensure_ascii=False)
    assert canonical_json(spaced) == canonical_json(json.dumps(value, separators=(",", ":")))
    assert json.loads(canonical_json(spaced)) == value


def test_text_that_is_no_json_is_compared_as_it_stands() -> None:
    assert canonical_json(' {"a": ') == '{"a":'


def test_no_arguments_are_an_empty_object() -> None:
    assert canonical_json("") == canonical_json("{ }") == "{}"
