from dataclasses import replace

import pytest

from agent_memory.prompts.template_abilities import TemplateAbilities, TemplateMessage
from agent_memory.prompts.template_messages import template_messages, template_tools
from agent_memory.turns.messages import (
    Message,
    Recollection,
    Role,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)

ALL = TemplateAbilities()
TOOL = ToolSpec("f", "does f", {"type": "object"})


def says(role: Role, *texts: str) -> Message:
    return Message(role, tuple(Text(text) for text in texts))


def roles(entries: list[TemplateMessage]) -> list[object]:
    return [entry["role"] for entry in entries]


def test_several_system_messages_become_one() -> None:
    messages = [says(Role.SYSTEM, "a", "b"), says(Role.SYSTEM, "c"), says(Role.USER, "hi")]
    assert template_messages(messages, (), ALL) == [
        {"role": "system", "content": "a\nb\n\nc"},
        {"role": "user", "content": "hi"},
    ]


def test_a_late_system_message_stays_where_the_template_takes_it() -> None:
    messages = [says(Role.USER, "hi"), says(Role.SYSTEM, "be brief")]
    assert roles(template_messages(messages, (), ALL)) == ["user", "system"]


def test_a_late_system_message_is_the_users_where_the_template_refuses_it() -> None:
    messages = [says(Role.USER, "hi"), says(Role.SYSTEM, "be brief")]
    entries = template_messages(messages, (), replace(ALL, has_late_system=False))
    assert entries[1] == {"role": "user", "content": "<system>\nbe brief\n</system>"}


def test_without_a_system_role_its_text_leads_the_first_message_of_the_user() -> None:
    messages = [says(Role.SYSTEM, "be brief"), says(Role.USER, "hi"), says(Role.USER, "there")]
    entries = template_messages(messages, (), replace(ALL, has_system=False))
    assert entries == [
        {"role": "user", "content": "be brief\n\nhi"},
        {"role": "user", "content": "there"},
    ]


def test_neighbours_of_one_role_become_one_message_where_roles_must_alternate() -> None:
    messages = [
        says(Role.USER, "a"),
        says(Role.USER, "b"),
        says(Role.ASSISTANT, "c"),
        Message(Role.ASSISTANT, (ToolUse("1", "f", "{}"),)),
    ]
    entries = template_messages(messages, (), replace(ALL, has_repeated_roles=False))
    assert roles(entries) == ["user", "assistant"]
    assert entries[0]["content"] == "a\n\nb"
    assert entries[1]["content"] == "c"
    assert entries[1]["tool_calls"]


CALL = Message(Role.ASSISTANT, (ToolUse("c1", "f", "{}"),))
CALL_WITH_TEXT = Message(Role.ASSISTANT, (Text("I look."), ToolUse("c1", "f", "{}")))
RESULT = Message(Role.TOOL, (ToolResult("c1", "42"),))
ALTERNATING = replace(ALL, has_repeated_roles=False, has_user_after_tools=False)


def contents(entries: list[TemplateMessage]) -> list[tuple[object, object]]:
    """(role, text, with "call" in it for a call) of each."""
    return [
        (
            entry["role"],
            "call" + str(entry["content"]) if "tool_calls" in entry else entry["content"],
        )
        for entry in entries
    ]


def test_the_assistant_says_nothing_between_a_tool_and_the_user_where_one_must_speak() -> None:
    messages = [
        says(Role.USER, "go"),
        CALL,
        Message(Role.USER, (ToolResult("c1", "42"), Text("stop"))),
        says(Role.SYSTEM, "late"),
        CALL,
        says(Role.USER, "and?"),
    ]
    entries = template_messages(messages, (), replace(ALTERNATING, has_late_system=False))
    assert contents(entries) == [
        ("user", "go"),
        ("assistant", "call"),
        ("tool", "42"),
        ("assistant", ""),
        ("user", "stop\n\n<system>\nlate\n</system>"),
        ("assistant", "call"),
        ("assistant", ""),
        ("user", "and?"),
    ]


def test_an_answer_after_a_result_is_answer_enough() -> None:
    messages = [
        says(Role.USER, "go"),
        says(Role.ASSISTANT, "spliced"),
        RESULT,
        says(Role.USER, "stop"),
        CALL,
        RESULT,
        says(Role.ASSISTANT, "done"),
        says(Role.USER, "more"),
    ]
    assert roles(template_messages(messages, (), ALTERNATING)) == [
        *("user", "assistant", "tool", "user", "assistant", "tool", "assistant", "user")
    ]


def test_a_call_without_a_result_is_given_one_where_the_template_wants_one() -> None:
    both = Message(Role.ASSISTANT, (ToolUse("c1", "f", "{}"), ToolUse("c2", "g", "{}")))
    messages = [both, RESULT, says(Role.USER, "go"), CALL, says(Role.USER, "on")]
    entries = template_messages(messages, (), replace(ALL, has_unanswered_calls=False))
    assert contents(entries) == [
        ("assistant", "call"),
        ("tool", "42"),
        ("tool", "(no result)"),
        ("user", "go"),
        ("assistant", "call"),
        ("tool", "(no result)"),
        ("user", "on"),
    ]
    assert entries[2] == {
        "role": "tool",
        "tool_call_id": "c2",
        "name": "g",
        "content": "(no result)",
    }


def test_text_that_the_template_drops_beside_a_call_stands_before_it() -> None:
    messages = [says(Role.USER, "go"), CALL_WITH_TEXT, RESULT]
    entries = template_messages(messages, (), replace(ALL, has_text_with_calls=False))
    assert contents(entries) == [
        ("user", "go"),
        ("assistant", "I look."),
        ("assistant", "call"),
        ("tool", "42"),
    ]


def test_text_beside_a_call_leads_the_result_where_roles_must_alternate() -> None:
    drops = replace(ALTERNATING, has_text_with_calls=False)
    messages = [says(Role.USER, "go"), CALL_WITH_TEXT, RESULT]
    led = [
        ("user", "go"),
        ("assistant", "call"),
        ("tool", "<assistant>\nI look.\n</assistant>\n42"),
    ]
    assert contents(template_messages(messages, (), drops)) == led
    more = [*messages, says(Role.ASSISTANT, "It is 42."), says(Role.USER, "thanks")]
    assert contents(template_messages(more, (), drops))[:3] == led
    denied = [says(Role.USER, "go"), CALL_WITH_TEXT, says(Role.USER, "no")]
    assert contents(template_messages(denied, (), drops)) == [
        ("user", "go"),
        ("assistant", "call"),
        ("assistant", "I look."),
        ("user", "no"),
    ]


def test_an_empty_turn_of_the_user_stands_in_front_where_the_template_needs_one() -> None:
    greeting = [says(Role.SYSTEM, "be brief"), says(Role.ASSISTANT, "hi"), says(Role.USER, "a")]
    strict = replace(ALL, has_assistant_first=False)
    assert roles(template_messages(greeting, (), strict)) == ["system", "user", "assistant", "user"]
    led = template_messages(greeting, (), replace(strict, has_system=False))
    assert led[0] == {"role": "user", "content": "be brief"}
    alone = template_messages(greeting[:1], (), replace(ALL, has_no_user=False))
    assert alone[1:] == [{"role": "user", "content": ""}]


def test_where_nothing_may_not_be_said_a_blank_is() -> None:
    messages = [says(Role.USER, "go"), CALL, RESULT, says(Role.USER, ""), says(Role.ASSISTANT, "")]
    entries = template_messages(messages, (), replace(ALTERNATING, silence=" "))
    assert contents(entries) == [
        ("user", "go"),
        ("assistant", "call"),
        ("tool", "42"),
        ("assistant", " "),
        ("user", " "),
        ("assistant", " "),
    ]


def test_a_call_and_its_result_are_linked() -> None:
    messages = [
        Message(Role.ASSISTANT, (Thinking("hm"), Text("ok"), ToolUse("c1", "f", '{"a": 1}'))),
        Message(Role.USER, (ToolResult("c1", "42"), Text("and now?"))),
    ]
    call, result, user = template_messages(messages, (TOOL,), ALL)
    assert call["reasoning_content"] == "hm"
    assert call["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    ]
    assert result == {"role": "tool", "tool_call_id": "c1", "name": "f", "content": "42"}
    assert user == {"role": "user", "content": "and now?"}


def test_a_failed_result_says_so() -> None:
    message = Message(Role.TOOL, (ToolResult("c1", "no such file", is_error=True),))
    (entry,) = template_messages([message], (), ALL)
    assert entry["content"] == "Error: no such file"


def test_arguments_are_text_where_the_template_wants_text() -> None:
    message = Message(Role.ASSISTANT, (ToolUse("c1", "f", '{"a":1}'),))
    (entry,) = template_messages([message], (), replace(ALL, has_object_arguments=False))
    assert '"arguments": \'{"a": 1}\'' in str(entry).replace("'arguments'", '"arguments"')


def test_short_ids_still_link_a_call_to_its_result() -> None:
    messages = [
        Message(Role.ASSISTANT, (ToolUse("call_0123456789", "f", "{}"),)),
        Message(Role.TOOL, (ToolResult("call_0123456789", "42"),)),
    ]
    call, result = template_messages(messages, (), replace(ALL, has_short_ids=True))
    short = str(result["tool_call_id"])
    assert len(short) == 9
    assert short.isalnum()
    assert short in str(call["tool_calls"])


def test_without_tools_in_the_template_nothing_of_them_is_lost() -> None:
    messages = [
        says(Role.SYSTEM, "be brief"),
        says(Role.USER, "go"),
        Message(Role.ASSISTANT, (Text("ok"), ToolUse("c1", "f", '{"a": 1}'))),
        Message(Role.TOOL, (ToolResult("c1", "42"),)),
    ]
    entries = template_messages(messages, (TOOL,), replace(ALL, has_tools=False))
    assert roles(entries) == ["system", "user", "assistant", "user"]
    assert "does f" in str(entries[0]["content"])
    assert '{"name": "f", "arguments": {"a": 1}}' in str(entries[2]["content"])
    assert entries[3]["content"] == '<tool_response name="f">\n42\n</tool_response>'
    assert not any("tool_calls" in entry for entry in entries)


def test_tools_make_a_system_message_where_there_is_none() -> None:
    entries = template_messages([says(Role.USER, "go")], (TOOL,), replace(ALL, has_tools=False))
    assert roles(entries) == ["system", "user"]


@pytest.mark.parametrize("arguments", ["", "{}", "not json", "null", "[1]", '"x"', '{"a": "b'])
def test_odd_arguments_become_an_object(arguments: str) -> None:
    message = Message(Role.ASSISTANT, (ToolUse("c1", "f", arguments),))
    (entry,) = template_messages([message], (), ALL)
    calls = entry["tool_calls"]
    assert isinstance(calls, list)
    assert isinstance(calls[0]["function"]["arguments"], dict)


@pytest.mark.parametrize("has_tools", [False, True])
def test_a_call_that_was_cut_off_before_its_name_is_what_was_written(has_tools: bool) -> None:
    parts = (Text("Sure."), ToolUse("c1", "", '<tool_call>\n{"na'))
    messages = [Message(Role.ASSISTANT, parts)]
    assert template_messages(messages, (), replace(ALL, has_tools=has_tools)) == [
        {"role": "assistant", "content": 'Sure.\n<tool_call>\n{"na'}
    ]


def test_schemas_are_given_as_functions() -> None:
    assert template_tools([TOOL]) == [
        {
            "type": "function",
            "function": {"name": "f", "description": "does f", "parameters": {"type": "object"}},
        }
    ]


def test_what_memory_recalled_is_read_before_the_words_it_was_recalled_for() -> None:
    message = Message(Role.USER, (Recollection("(known: a)\n"), Text("hi")))
    assert template_messages([message], (), ALL) == [
        {"role": "user", "content": "(known: a)\n\nhi"},
    ]


def test_a_result_bears_the_name_of_a_call_whose_own_tokens_take_its_place() -> None:
    result = Message(Role.TOOL, (ToolResult("c1", "sunny"),))
    entries = template_messages(
        [result], [], TemplateAbilities(), [ToolUse("c1", "get_weather", "")]
    )
    assert entries[0]["name"] == "get_weather"
