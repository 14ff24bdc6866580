"""Content of contexts as the command line is given it."""

import mimetypes
import sys
from pathlib import Path

import orjson

from agent_memory.errors import InvalidRequest

_JSON, _TEXT, _BYTES = "application/json", "text/plain; charset=utf-8", "application/octet-stream"


def content_of(
    file: str, data: str | None, text: str | None, media_type: str | None
) -> tuple[str, bytes]:
    """The media type and the bytes. What is not told of a file is read off its name, and else off
    the content: JSON, then text, then bytes."""
    if data is not None and text is not None:
        raise InvalidRequest("Name --data or --text, not both.", "data")
    if data is not None:
        return media_type or _JSON, data.encode()
    if text is not None:
        return media_type or _TEXT, text.encode()
    content = _read(file)
    return media_type or _kind_by_name(file) or _kind_by_content(content), content


def text_of(given: str) -> bytes:
    """What was given on the command line, or a pipe."""
    return sys.stdin.buffer.read() if given == "-" else given.encode()


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror}.", "file") from error


def _kind_by_name(file: str) -> str | None:
    kind, encoding = mimetypes.guess_type(file)
    return None if file == "-" or encoding is not None else kind


def _kind_by_content(content: bytes) -> str:
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    else:
        return _JSON
    try:
        content.decode()
    except UnicodeDecodeError:
        return _BYTES
    return _TEXT
