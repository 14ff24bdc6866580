"""The parts of a message as JSON, and back."""

from collections.abc import Mapping
from typing import assert_never

import orjson

from agent_memory.errors import InvariantBroken
from agent_memory.store.safe_text import escape, unescape
from agent_memory.turns.messages import Message, Part, Role, Text, Thinking, ToolResult, ToolUse


def encode_parts(message: Message) -> str:
    """The parts of `message` as JSON text for a jsonb column."""
    return orjson.dumps([_encode(part) for part in message.parts]).decode()


def decode_message(role: str, parts: str) -> Message:
    """The message whose parts were encoded."""
    return Message(Role(role), tuple(_decode(part) for part in orjson.loads(parts)))


def _encode(part: Part) -> Mapping[str, object]:
    match part:
        case Text(text):
            return {"type": "text", "text": escape(text)}
        case Thinking(text):
            return {"type": "thinking", "text": escape(text)}
        case ToolUse(call, name, arguments):
            return {
                "type": "tool_use",
                "id": escape(call),
                "name": escape(name),
                "arguments": escape(arguments),
            }
        case ToolResult(call, content, is_error):
            return {
                "type": "tool_result",
                "tool_use_id": escape(call),
                "content": escape(content),
                "is_error": is_error,
            }
        case _:
            assert_never(part)


def _decode(part: Mapping[str, str]) -> Part:
    match part["type"]:
        case "text":
            return Text(unescape(part["text"]))
        case "thinking":
            return Thinking(unescape(part["text"]))
        case "tool_use":
            call, name, arguments = (unescape(part[key]) for key in ("id", "name", "arguments"))
            return ToolUse(call, name, arguments)
        case "tool_result":
            call, content = (unescape(part[key]) for key in ("tool_use_id", "content"))
            return ToolResult(call, content, bool(part["is_error"]))
        case unknown:
            raise InvariantBroken(f"A stored message has a part of unknown type '{unknown}'.")
