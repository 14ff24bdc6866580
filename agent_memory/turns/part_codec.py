"""A message's parts as JSON objects told apart by `type`, and back."""

from collections.abc import Mapping
from typing import assert_never

from agent_memory.turns.messages import Part, Recollection, Text, Thinking, ToolResult, ToolUse

JsonPart = dict[str, str | bool | int | list[str]]


def encode_part(part: Part) -> JsonPart:
    """A part as a flat object; a call's `arguments` is JSON text."""
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
        case Recollection(text, item_ids, num_tokens):
            return {
                "type": "recollection",
                "text": text,
                "item_ids": list(item_ids),
                "num_tokens": num_tokens,
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
        case {
            "type": "recollection",
            "text": str(text),
            "item_ids": list(item_ids),
            "num_tokens": int(num_tokens),
        }:
            return Recollection(text, tuple(map(str, item_ids)), num_tokens)
        case _:
            raise ValueError(f"a message has a part of unknown type '{encoded.get('type')}'")
