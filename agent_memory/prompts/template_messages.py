"""Messages in the form that a model's chat template takes, as far as that template can go.

Templates differ in what they refuse. What one cannot express is put in a way that it can, and
nothing is dropped in silence:

* several system messages at the beginning become one, separated by an empty line;
* a system message further on, where it is refused or moved, becomes the user's, between <system>
  tags; words of users and tools then spell these tags with `&lt;`;
* without a system role, the system's text leads the first message of the user;
* where the conversation may not begin with the assistant, or must have words of the user, an empty
  turn of the user stands in front;
* where roles must alternate, neighbours of one role become one message;
* where the user may not speak after a tool's result or an unanswered call, the assistant says
  nothing in between;
* where a call needs a result, one that has none is given `(no result)`;
* where the template drops the text beside a call, the text is a message of its own before the
  call, or leads the call's first result between <assistant> tags;
* where nothing may not be said, a blank is;
* without tools in the template (or none that can be read back), schemas, calls and results are
  written out as `tool_text` says.
"""

import hashlib
import json
from collections.abc import Sequence

from agent_memory.prompts.preamble import stable_messages
from agent_memory.prompts.template_abilities import TemplateAbilities, TemplateMessage
from agent_memory.prompts.template_turns import turns_in_order
from agent_memory.prompts.tool_schema import ordered_schema
from agent_memory.prompts.tool_text import call_text, result_text, tool_instructions
from agent_memory.turns.messages import (
    Media,
    Message,
    Recollection,
    Role,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)


def template_messages(
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    abilities: TemplateAbilities,
    spoken: Sequence[ToolUse] = (),
) -> list[TemplateMessage]:
    """The conversation for the template; `tools` are written into it where that cannot. spoken:
    calls whose results are in it, though they are not."""
    stable = stable_messages(messages)
    num_leading = next(
        (at for at, message in enumerate(stable) if message.role is not Role.SYSTEM), len(stable)
    )
    system = [joined_text(message) for message in stable[:num_leading]]
    if tools and not abilities.has_tools:
        system.append(tool_instructions(tools))
    names = call_names([*stable, Message(Role.ASSISTANT, tuple(spoken))])
    entries = [
        entry for message in stable[num_leading:] for entry in _entries(message, names, abilities)
    ]
    leading = "\n\n".join(text for text in system if text)
    entries = turns_in_order(_opened(entries, abilities), abilities)
    return [_spoken(entry, abilities) for entry in _with_system(leading, entries, abilities)]


def template_tools(tools: Sequence[ToolSpec]) -> list[dict[str, object]]:
    """Tool schemas as templates take them."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": ordered_schema(tool.parameters),
            },
        }
        for tool in tools
    ]


def joined_text(message: Message) -> str:
    """The text of a message: parts of the assistant as they stand, others a line apart.

    What memory recalled is read where it stands, before the words that it was recalled for.
    """
    texts = [
        part.note if isinstance(part, Media) else part.text
        for part in message.parts
        if isinstance(part, (Text, Recollection, Media))
    ]
    return ("" if message.role is Role.ASSISTANT else "\n").join(texts)


def _entries(
    message: Message, names: dict[str, str], abilities: TemplateAbilities
) -> list[TemplateMessage]:
    match message.role:
        case Role.ASSISTANT:
            return [_assistant(message, abilities)]
        case Role.SYSTEM if abilities.has_late_system and abilities.has_system:
            return [{"role": "system", "content": joined_text(message)}]
        case Role.SYSTEM:
            return [{"role": "user", "content": f"<system>\n{joined_text(message)}\n</system>"}]
        case _:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            entries = [_result(part, names, abilities) for part in results]
            text = joined_text(message)
            if text or not results:
                entries.append({"role": "user", "content": text})
            return entries


def _assistant(message: Message, abilities: TemplateAbilities) -> TemplateMessage:
    uses = [part for part in message.parts if isinstance(part, ToolUse)]
    calls = [call for call in uses if call.name]
    thinking = "".join(part.text for part in message.parts if isinstance(part, Thinking))
    # Of a call that was cut off before its name, the model reads what it wrote.
    nameless = [call.arguments for call in uses if not call.name]
    text = "\n".join(filter(None, [joined_text(message), *nameless]))
    if calls and not abilities.has_tools:
        text = "\n".join([*([text] if text else []), *(call_text(call) for call in calls)])
        calls = []
    entry: TemplateMessage = {"role": "assistant", "content": text}
    if thinking:
        entry["reasoning_content"] = thinking
    if calls:
        entry["tool_calls"] = [_call(call, abilities) for call in calls]
    return entry


def _call(call: ToolUse, abilities: TemplateAbilities) -> dict[str, object]:
    arguments = arguments_value(call.arguments)
    return {
        "id": _call_id(call.id, abilities),
        "type": "function",
        "function": {
            "name": call.name,
            "arguments": arguments
            if abilities.has_object_arguments
            else json.dumps(arguments, ensure_ascii=False),
        },
    }


def _result(
    result: ToolResult, names: dict[str, str], abilities: TemplateAbilities
) -> TemplateMessage:
    content = f"Error: {result.content}" if result.is_error else result.content
    name = names.get(result.tool_use_id, "")
    if not abilities.has_tools:
        return {"role": "user", "content": result_text(name, content)}
    return {
        "role": "tool",
        "tool_call_id": _call_id(result.tool_use_id, abilities),
        "name": name,
        "content": content,
    }


def _with_system(
    system: str, entries: list[TemplateMessage], abilities: TemplateAbilities
) -> list[TemplateMessage]:
    if not system:
        return entries
    if abilities.has_system:
        return [{"role": "system", "content": system}, *entries]
    for at, entry in enumerate(entries):
        if entry["role"] == "user":
            texts = [text for text in (system, str(entry["content"])) if text]
            led = {**entry, "content": "\n\n".join(texts)}
            return [*entries[:at], led, *entries[at + 1 :]]
    return [{"role": "user", "content": system}, *entries]


def _opened(entries: list[TemplateMessage], abilities: TemplateAbilities) -> list[TemplateMessage]:
    """The conversation with an empty turn of the user in front, where the template needs one."""
    is_assistant_first = bool(entries) and entries[0]["role"] == "assistant"
    has_user = any(entry["role"] == "user" for entry in entries)
    if (is_assistant_first and not abilities.has_assistant_first) or not (
        has_user or abilities.has_no_user
    ):
        return [{"role": "user", "content": ""}, *entries]
    return entries


def _spoken(entry: TemplateMessage, abilities: TemplateAbilities) -> TemplateMessage:
    """The message, with a text where it may not be without one."""
    if entry["content"] or entry["role"] not in {"user", "assistant"} or entry.get("tool_calls"):
        return entry
    return {**entry, "content": abilities.silence}


def call_names(messages: Sequence[Message]) -> dict[str, str]:
    """The name of the function that each call of a tool has called, by the call's id."""
    return {
        part.id: part.name
        for message in messages
        for part in message.parts
        if isinstance(part, ToolUse)
    }


def _call_id(call_id: str, abilities: TemplateAbilities) -> str:
    if not abilities.has_short_ids:
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:9]


def arguments_value(text: str) -> object:
    """The object that a call's arguments are; text of no object stays what it is."""
    try:
        value = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return {"arguments": text}
    if value is None:
        return {}
    return value if isinstance(value, dict) else {"arguments": text}
