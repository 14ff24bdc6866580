"""A message's parts as JSON objects told apart by `type`, and back."""

from collections.abc import Mapping
from typing import assert_never

from agent_memory.turns.messages import Part, Text, Thinking, ToolResult, ToolUse

JsonPart = dict[str, str | bool]


def encode_part(part: Part) -> JsonPart:
    """A part as an object of strings and booleans; a call's `arguments` is JSON text."""
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text):
            return {"type": "thinking", "text": text}
        case ToolUse(id_, name, arguments):
            return {"type": "tool_use", "id": id_, "name": name, "arguments": arguments}
        case ToolResult(id_, content, is_error):
            return {
                "type": "tool_result",
                "tool_use_id": id_,
                "content": content,
                "is_error": is_error,
            }
        case _:
            assert_never(part)


def decode_part(encoded: Mapping[str, object]) -> Part:
    """The part that was encoded. Raises `ValueError` when it is none of ours."""
    match encoded:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "thinking", "text": str(text)}:
            return Thinking(text)
        case {"type": "tool_use", "id": str(id_), "name": str(name), "arguments": str(arguments)}:
            return ToolUse(id_, name, arguments)
        case {
            "type": "tool_result",
            "tool_use_id": str(id_),
            "content": str(content),
            "is_error": bool(is_error),
        }:
            return ToolResult(id_, content, is_error)
        case _:
            raise ValueError(f"a message has a part of unknown type '{encoded.get('type')}'")
