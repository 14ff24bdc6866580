"""A conversation whose words cannot be taken for the marks of the template around them.

Control tokens of a prompt come from the template alone. What the system, users, tools, memory and
the assistant's history say is cut wherever it spells one (see `control_marks`), before our own
tags and the template's are put around it. The cuts are taken out again when text becomes tokens.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from agent_memory.prompts.control_marks import ControlMarks, unused_cut, with_cuts
from agent_memory.turns.messages import (
    Media,
    Message,
    Part,
    Recollection,
    ServerCall,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)

_Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class GuardedChat:
    """Messages and tools with cuts in them; `cut` is empty where nothing had to be cut."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    cut: str = ""


def guarded_chat(
    messages: Sequence[Message], tools: Sequence[ToolSpec], marks: ControlMarks
) -> GuardedChat:
    """The conversation with a cut wherever a text in it spells a mark, or may complete one."""
    texts: list[str] = []

    def read(text: str) -> str:
        texts.append(text)
        return text

    _changed(messages, tools, read)
    if not any(marks.cuts(text) for text in texts):
        return GuardedChat(tuple(messages), tuple(tools))
    cut = unused_cut(texts)
    return replace(
        _changed(messages, tools, lambda text: with_cuts(text, marks.cuts(text), cut)), cut=cut
    )


def _changed(
    messages: Sequence[Message], tools: Sequence[ToolSpec], change: _Change
) -> GuardedChat:
    return GuardedChat(
        tuple(
            replace(message, parts=tuple(_part(part, change) for part in message.parts))
            for message in messages
        ),
        tuple(
            ToolSpec(change(tool.name), change(tool.description), _mapping(tool.parameters, change))
            for tool in tools
        ),
    )


def _part(part: Part, change: _Change) -> Part:
    match part:
        case Text(text) | Thinking(text) | Recollection(text):
            return replace(part, text=change(text))
        case ToolUse(call_id, name, arguments):
            return ToolUse(change(call_id), change(name), _json_text(arguments, change))
        case ToolResult(call_id, content):
            return replace(part, tool_use_id=change(call_id), content=change(content))
        case Media(note=note):
            return replace(part, note=change(note))
        case ServerCall(content=content):
            arguments = _json_text(part.arguments, change)
            return replace(part, arguments=arguments, content=change(content))


def _json_text(text: str, change: _Change) -> str:
    """JSON text with its strings changed as they read, however their letters are escaped. Where
    none changes, and where it is no JSON, it stays as it is spelled."""
    try:
        value: object = json.loads(text)
        changed = _value(value, change)
    except (ValueError, RecursionError):
        return change(text)
    return text if changed == value else json.dumps(changed, ensure_ascii=False)


def _value(value: object, change: _Change) -> object:
    match value:
        case str():
            return change(value)
        case Mapping():
            return _mapping(value, change)
        case list():
            return [_value(each, change) for each in value]
        case _:
            return value


def _mapping(mapping: Mapping[str, object], change: _Change) -> dict[str, object]:
    return {change(key): _value(value, change) for key, value in mapping.items()}
