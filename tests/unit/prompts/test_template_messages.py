from dataclasses import replace

import pytest

from agent_memory.prompts.template_messages import (
    TemplateAbilities,
    TemplateMessage,
    template_messages,
    template_tools,
)
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


@pytest.mark.parametrize("arguments", ["", "{}", "not json"])
def test_odd_arguments_become_an_object(arguments: str) -> None:
    message = Message(Role.ASSISTANT, (ToolUse("c1", "f", arguments),))
    (entry,) = template_messages([message], (), ALL)
    calls = entry["tool_calls"]
    assert isinstance(calls, list)
    assert isinstance(calls[0]["function"]["arguments"], dict)


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
