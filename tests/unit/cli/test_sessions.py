"""How sessions are shown."""

from agent_memory.cli.sessions import message_text
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolResult, ToolUse


def test_a_message_is_shown_part_by_part() -> None:
    message = Message(
        Role.ASSISTANT, (Thinking("Hm."), Text("Let me look."), ToolUse("1", "clock", "{}"))
    )

    assert message_text(message) == "(thinks) Hm.\nLet me look.\n(calls) clock {}"


def test_a_failed_tool_is_told_from_one_that_worked() -> None:
    message = Message(Role.TOOL, (ToolResult("1", "12:00"), ToolResult("2", "no", is_error=True)))

    assert message_text(message) == "(result) 12:00\n(failed) no"
