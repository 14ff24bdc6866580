"""Tags that this server itself writes around text, where the template has no form of its own.

They are words to the model, not tokens, so text could spell them: a user's `<system>` would be a
late system message, and a result could end with `</tool_response>`. There the text spells them
with `&lt;`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent_memory.prompts.template_abilities import TemplateAbilities
from agent_memory.turns.messages import Message, Part, Recollection, Role, Text, ToolResult


def without_own_tags(
    messages: Sequence[Message], abilities: TemplateAbilities
) -> tuple[Message, ...]:
    """The messages, in which users and tools spell none of the tags that are written for them."""
    of_users = [] if abilities.has_late_system else ["system"]
    of_tools = []
    if not abilities.has_tools:
        of_users.append("tool_response")
        of_tools.append("tool_response")
    elif not (abilities.has_text_with_calls or abilities.has_repeated_roles):
        of_tools.append("assistant")
    return tuple(
        replace(message, parts=tuple(_part(part, of_users, of_tools) for part in message.parts))
        if message.role in {Role.USER, Role.TOOL}
        else message
        for message in messages
    )


def _part(part: Part, of_users: Sequence[str], of_tools: Sequence[str]) -> Part:
    match part:
        case Text(text) | Recollection(text):
            return replace(part, text=_spelled(text, of_users))
        case ToolResult(content=content):
            return replace(part, content=_spelled(content, of_tools))
        case _:
            return part


def _spelled(text: str, names: Sequence[str]) -> str:
    tag = rf"<(?=\s*/?\s*(?:{'|'.join(names)})(?:\s[^<>]*)?>)"
    return re.sub(tag, "&lt;", text, flags=re.IGNORECASE) if names else text
