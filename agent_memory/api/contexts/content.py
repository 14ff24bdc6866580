"""Content of contexts as it comes in: in a JSON body beside its options, or alone."""

import binascii
from base64 import b64decode
from collections.abc import Mapping

import orjson

from agent_memory.api.contexts.json_spans import Span, member_spans
from agent_memory.api.json_body import check_json
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.contexts import MAX_MEDIA_TYPE, ContextBody, ContextOperation
from agent_memory.contexts.document import Document, Format
from agent_memory.errors import InvalidRequest

_FORM = "application/x-www-form-urlencoded"
"""The media type that curl gives a body unless it is told otherwise."""


def is_envelope(content_type: str) -> bool:
    """Whether a body of this type is JSON with options, rather than content alone."""
    return _essence(content_type) in {"", "application/json", _FORM}


def document_of(
    body: ContextBody | ContextOperation, text: str, spans: Mapping[str, Span]
) -> Document:
    """The content of a body whose fields stand in `text` at `spans`."""
    match body.format:
        case "json":
            begin, end = spans["data"]
            raw = text[begin:end].encode()
        case "text":
            raw = _string(body.data, "text").encode()
        case "bytes":
            raw = _bytes(_string(body.data, "bytes"))
    return Document.of(Format(body.format), raw, body.media_type)


def envelope_document(body: ContextBody, raw: bytes) -> Document:
    """The content of a body that is `raw`."""
    text = raw.decode("utf-8-sig")
    return document_of(body, text, member_spans(text))


def bare_document(raw: bytes, content_type: str, limits: Limits) -> Document:
    """A body that is content and nothing else."""
    if len(content_type) > MAX_MEDIA_TYPE or not (
        content_type.isascii() and content_type.isprintable()
    ):
        raise InvalidRequest("The Content-Type cannot be kept.", "Content-Type")
    essence = _essence(content_type)
    if essence == "application/json" or essence.endswith("+json"):
        check_json(raw, limits)
        return Document.of(Format.JSON, raw, content_type)
    if essence.startswith("text/") and _is_utf8(raw, content_type):
        return Document.of(Format.TEXT, raw, content_type)
    return Document.of(Format.BYTES, raw, None if essence in {"", _FORM} else content_type)


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_utf8(raw: bytes, content_type: str) -> bool:
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in {"", "utf-8", "utf8", "us-ascii"}:
        return False
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _string(data: object, form: str) -> str:
    if not isinstance(data, str):
        raise InvalidRequest(f"data: of the format '{form}' it is a string.", "data")
    return data


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("data: of the format 'bytes' it is base64.", "data") from None


def shown(document: Document) -> dict[str, object]:
    """The content as a part of a JSON answer: JSON as it came, text as text, bytes in base64."""
    match document.format:
        case Format.JSON:
            return {"data": orjson.Fragment(document.body)}
        case Format.TEXT:
            return {"data": document.body.decode()}
        case Format.BYTES:
            data = binascii.b2a_base64(document.body, newline=False).decode()
            return {"data": data, "encoding": "base64"}
