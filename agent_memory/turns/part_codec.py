"""A message's parts as JSON objects told apart by `type`, and back."""

from collections.abc import Mapping
from typing import assert_never

from agent_memory.turns.messages import (
    Media,
    Part,
    Recollection,
    ServerCall,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

JsonPart = dict[str, str | bool | int | list[str] | list[dict[str, str]]]

_MEDIA_FIELDS = ("kind", "media_type", "data", "url", "title", "note")


def encode_part(part: Part) -> JsonPart:
    """A part as a flat object; a call's `arguments` is JSON text."""
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text, signature, signed_by, is_redacted):
            signed = {"signature": signature, "signed_by": signed_by} if signature else {}
            redacted = {"is_redacted": True} if is_redacted else {}
            return {"type": "thinking", "text": text, **signed, **redacted}
        case Media():
            return {"type": "media", **_encode_media(part)}
        case ToolUse() | ServerCall():
            return _encode_call(part)
        case ToolResult(id_, content, is_error, media):
            seen = {"media": [_encode_media(one) for one in media]} if media else {}
            return {
                "type": "tool_result",
                "tool_use_id": id_,
                "content": content,
                "is_error": is_error,
                **seen,
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
            return Thinking(
                text,
                str(encoded.get("signature", "")),
                str(encoded.get("signed_by", "")),
                bool(encoded.get("is_redacted", False)),
            )
        case {"type": "media", "kind": str()}:
            return _decode_media(encoded)
        case {
            "type": "tool_use" | "server_call",
            "id": str(),
            "name": str(),
            "arguments": str(),
        }:
            return _decode_call(encoded)
        case {
            "type": "tool_result",
            "tool_use_id": str(id_),
            "content": str(content),
            "is_error": bool(is_error),
        }:
            seen = encoded.get("media")
            media = tuple(map(_decode_media, seen)) if isinstance(seen, list) else ()
            return ToolResult(id_, content, is_error, media)
        case {
            "type": "recollection",
            "text": str(text),
            "item_ids": list(item_ids),
            "num_tokens": int(num_tokens),
        }:
            return Recollection(text, tuple(map(str, item_ids)), num_tokens)
        case _:
            raise ValueError(f"a message has a part of unknown type '{encoded.get('type')}'")


def _encode_call(call: ToolUse | ServerCall) -> JsonPart:
    said: JsonPart = {"id": call.id, "name": call.name, "arguments": call.arguments}
    if isinstance(call, ToolUse):
        return {"type": "tool_use", **said}
    told: JsonPart = {"content": call.content, "is_error": call.is_error}
    return {"type": "server_call", **said, **told, "round_no": call.round_no}


def _decode_call(encoded: Mapping[str, object]) -> ToolUse | ServerCall:
    id_, name, arguments = (str(encoded[field]) for field in ("id", "name", "arguments"))
    if encoded["type"] == "tool_use":
        return ToolUse(id_, name, arguments)
    match encoded:
        case {"content": str(content), "is_error": bool(is_error), "round_no": int(round_no)}:
            return ServerCall(id_, name, arguments, content, is_error, round_no)
        case _:
            raise ValueError("a call that the server ran has no result")


def _encode_media(media: Media) -> dict[str, str]:
    fields = {name: str(getattr(media, name)) for name in _MEDIA_FIELDS}
    return {name: value for name, value in fields.items() if value}


def _decode_media(encoded: object) -> Media:
    if not isinstance(encoded, Mapping):
        raise ValueError("a message has media of unknown form")
    return Media(**{name: str(encoded.get(name, "")) for name in _MEDIA_FIELDS})
