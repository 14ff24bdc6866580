import pytest

from agent_memory.prompts.inline_thinking import thinking_apart
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolUse

CALL = ToolUse("c", "f", "{}")


def says(*parts: Text | Thinking | ToolUse, role: Role = Role.ASSISTANT) -> Message:
    return Message(role, parts)


def test_thinking_that_opens_the_text_becomes_a_part_of_its_own() -> None:
    message = says(Text("\n<think>\nhm\n</think>\n\nYes, "), Text("</think> is a mark."), CALL)
    assert thinking_apart(message, "<think>", "</think>") == says(
        Thinking("hm"), Text("Yes, </think> is a mark."), CALL
    )


@pytest.mark.parametrize(
    "message",
    [
        says(Text("The mark <think> and </think>.")),
        says(Text("<think>never closed")),
        says(Thinking("before"), Text("<think>a</think>b")),
        says(Text("<think>a</think>b"), role=Role.USER),
        says(CALL),
    ],
)
def test_other_messages_stay_as_they_are(message: Message) -> None:
    assert thinking_apart(message, "<think>", "</think>") is message
