"""Thinking that a client sends back within the text of the assistant's message."""

from dataclasses import replace

from agent_memory.turns.messages import Message, Role, Text, Thinking


def thinking_apart(message: Message, start: str, end: str) -> Message:
    """The message with the thinking that opens its text as a part of its own.

    `start` and `end` stand around it. Marks further on in the text are text.
    """
    if message.role is not Role.ASSISTANT or not message.text.lstrip().startswith(start):
        return message
    if any(isinstance(part, Thinking) for part in message.parts):
        return message
    thinking, mark, text = message.text.lstrip().removeprefix(start).partition(end)
    if not mark:
        return message
    others = [part for part in message.parts if not isinstance(part, Text)]
    return replace(
        message, parts=(Thinking(thinking.strip("\n")), Text(text.lstrip("\n")), *others)
    )
