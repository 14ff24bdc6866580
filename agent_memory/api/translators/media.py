"""Images, documents and sounds of both protocols, for models that read more than text."""

import re
from collections.abc import Mapping
from typing import Any

from agent_memory.api.translators.media_words import media_note
from agent_memory.turns.messages import Media

_DATA_URL = re.compile(
    r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w=-]+)*;base64,(?P<data>.*)", re.DOTALL
)


def media_of(block: Mapping[str, Any]) -> Media | None:
    """What is to be seen or heard; None of a block that is something else."""
    note = media_note(block)
    match block:
        case {"type": "image" | "document" as kind, "source": {"type": "base64", **source}}:
            title = str(block.get("title") or "")
            media_type, data = str(source.get("media_type", "")), str(source.get("data", ""))
            return Media(kind, media_type, data, title=title, note=note)
        case {"type": "image" | "document" as kind, "source": {"type": "url", "url": str(url)}}:
            return Media(kind, url=url, title=str(block.get("title") or ""), note=note)
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            return _of_url("image", url, "", note)
        case {"type": "file", "file": {"file_data": str(data), **file}}:
            return _of_url("document", data, str(file.get("filename") or ""), note)
        case {"type": "input_audio", "input_audio": {"data": str(data), **audio}}:
            return Media("audio", f"audio/{audio.get('format', 'wav')}", data, note=note)
        case _:
            return None


def media_of_block(block: object) -> Media | None:
    """The same of a parsed block."""
    fields = getattr(block, "fields", None)
    return media_of(fields()) if callable(fields) else None


def _of_url(kind: str, url: str, title: str, note: str) -> Media:
    if (match := _DATA_URL.fullmatch(url)) is None:
        return Media(kind, url=url, title=title, note=note)
    return Media(kind, match["type"] or "", match["data"], title=title, note=note)
