"""Content that is no text, in words: what the model can still be told of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

_KINDS = {"input_audio": "audio", "image_url": "image", "video_url": "video"}


def readable_text(block: Mapping[str, Any]) -> str | None:
    """The text of a document, a search result or a summary, if it consists of text; None of
    anything else."""
    heads: tuple[object, ...]
    match block.get("type"):
        case "document":
            said = _document_text(block.get("source"))
            heads = (block.get("title"), block.get("context"))
        case "search_result":
            said = _joined(block.get("content"))
            heads = (block.get("title"), block.get("source"))
        case "compaction":
            said = _joined(block.get("content"))
            heads = ("[Summary of the conversation so far]",)
        case _:
            return None
    if said is None:
        return None
    return "\n".join([*(head for head in heads if isinstance(head, str) and head), said])


def media_note(block: Mapping[str, Any]) -> str:
    """What stood there, for a model that cannot see it: `[image/png, not shown: …]`. What a tool
    of somebody else's server was asked and said is told as it is."""
    kind = str(block.get("type"))
    if kind.endswith(("_tool_use", "_tool_result")):
        return f"[{kind}: {orjson.dumps(_told(block)).decode()}]"
    named = _media_type(block) or _KINDS.get(kind, kind)
    title = block.get("title")
    called = f" '{title}'" if isinstance(title, str) and title else ""
    return f"[{named}{called}, not shown: this model reads text only]"


def _media_type(block: Mapping[str, Any]) -> str | None:
    match block:
        case {"source": {"media_type": str(media_type)}}:
            return media_type
        case {"image_url": {"url": str(url)} | str(url)} if url.startswith("data:"):
            return url[5:].partition(",")[0].partition(";")[0] or None
        case _:
            return None


def _document_text(source: object) -> str | None:
    match source:
        case {"type": "text", "data": str(text)}:
            return text
        case {"type": "content", "content": content}:
            return _joined(content)
        case _:
            return None


def _joined(content: object) -> str | None:
    """The text of a string or of a list of text blocks, with a note for each other block."""
    if isinstance(content, str):
        return content
    return "\n".join(_lines(content)) if isinstance(content, list) else None


def _lines(blocks: Sequence[object]) -> Iterator[str]:
    for block in blocks:
        match block:
            case {"type": "text", "text": str(text)}:
                yield text
            case Mapping():
                yield media_note(block)


def _told(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """A block without what only its own server can read."""
    return {name: _plain(value) for name, value in block.items() if name not in _UNREADABLE}


_UNREADABLE = frozenset({"type", "id", "tool_use_id", "cache_control", "encrypted_content"})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items() if name not in _UNREADABLE}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
