"""Text that clients change in the system prompt at every request, and its removal.

Claude Code begins its system prompt with a line such as

    x-anthropic-billing-header: cc_version=2.1.7.a3f; cc_entrypoint=cli; cch=5e1c0;

whose values change from request to request. Left in, it changes the first tokens of the prompt,
so that nothing after it can be reused; it says nothing to the model.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from agent_memory.turns.messages import Message, Part, Role, Text

_BILLING_LINE = re.compile(r"^[ \t]*x-anthropic-billing-header:[^\n]*(?:\n|\Z)", re.MULTILINE)


def without_volatile_lines(text: str) -> str:
    """The text of a system prompt without the lines that change from request to request."""
    if "x-anthropic-billing-header:" not in text:
        return text
    return _BILLING_LINE.sub("", text)


def stable_message(message: Message) -> Message:
    """The message as it may be rendered; only system messages are ever changed."""
    if message.role is not Role.SYSTEM:
        return message
    parts: list[Part] = []
    for part in message.parts:
        if not isinstance(part, Text):
            parts.append(part)
        elif (text := without_volatile_lines(part.text)) or not part.text:
            parts.append(part if text == part.text else Text(text))
    return replace(message, parts=tuple(parts))


def stable_messages(messages: Iterable[Message]) -> tuple[Message, ...]:
    """All messages as they may be rendered; a system message that held nothing else is dropped."""
    stable = (stable_message(message) for message in messages)
    return tuple(message for message in stable if message.parts or message.role is not Role.SYSTEM)
