"""A version of a context as one line of an export."""

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.contexts.context import (
    Address,
    ClosedBody,
    Lifetime,
    StoredContext,
    Traits,
)
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.key import check_key
from agent_memory.errors import InvalidRequest
from agent_memory.ids import Lineage, WorkspaceId

RECORD_FORMAT = 1
MAX_LINE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """What a line says. Content is either open, or sealed as it was stored: then it opens with its
    key and its old address only."""

    address: Address
    content: Document | ClosedBody
    format: Format
    media_type: str
    traits: Traits
    lifetime: Lifetime
    keep_versions: int | None
    is_sealed: bool


def write_record(stored: StoredContext, document: Document | None) -> bytes:
    """The line, with its end. document: the open content; None: it stays sealed."""
    version, context = stored.version, stored.context
    address, traits, lifetime = version.address, version.traits, context.lifetime
    return orjson.dumps(
        {
            "record": RECORD_FORMAT,
            "key": address.key,
            "version": address.version,
            "format": version.format,
            "media_type": version.media_type,
            **(_sealed(stored) if document is None else _open(document)),
            "encrypted": version.is_sealed,
            "tags": traits.tags,
            "metadata": dict(traits.metadata),
            "session_id": traits.session_id,
            "agent_id": traits.agent_id,
            "ttl_s": lifetime.ttl_s,
            "sliding": lifetime.is_sliding,
            "expires_at": lifetime.expires_at,
            "keep_versions": context.keep_versions,
            "updated_at": version.made_at,
            "updated_by": version.made_by,
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def read_record(line: bytes) -> Record:
    """`InvalidRequest` for a line that no export has."""
    try:
        values = orjson.loads(line)
        if values["record"] != RECORD_FORMAT:
            raise ValueError(f"its format is {values['record']!r}")
        return _read(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest(f"A line is no exported context: {error}") from error


def _read(values: dict[str, object]) -> Record:
    form = Format(str(values["format"]))
    media_type = str(values["media_type"])
    sealed = values.get("sealed")
    key = check_key(str(values["key"]))
    version = int(str(values["version"]))
    place = sealed if isinstance(sealed, dict) else {}
    address = Address(
        WorkspaceId(str(place.get("workspace", ""))),
        key,
        Lineage(str(place.get("lineage", ""))),
        version,
    )
    content: Document | ClosedBody
    if isinstance(sealed, dict):
        data = b64decode(str(sealed["data"]), validate=True)
        content = ClosedBody(data, str(sealed["encoding"]), str(sealed["key_id"]))
    else:
        content = Document(form, media_type, _content(values, form))
    return Record(
        address=address,
        content=content,
        format=form,
        media_type=media_type,
        traits=_traits(values),
        lifetime=_lifetime(values),
        keep_versions=_number(values.get("keep_versions")),
        is_sealed=bool(values["encrypted"]),
    )


def _open(document: Document) -> dict[str, object]:
    """JSON as text, so that it stays as it was written."""
    if document.format is Format.BYTES:
        return {"base64": b64encode(document.body).decode()}
    return {"text": document.body.decode()}


def _sealed(stored: StoredContext) -> dict[str, object]:
    address, body = stored.version.address, stored.body
    return {
        "sealed": {
            "workspace": address.workspace,
            "lineage": address.lineage,
            "key_id": body.sealed_with,
            "encoding": body.encoding,
            "data": binascii.b2a_base64(body.data, newline=False).decode(),
        }
    }


def _content(values: dict[str, object], form: Format) -> bytes:
    if form is Format.BYTES:
        return b64decode(str(values["base64"]), validate=True)
    body = str(values["text"]).encode()
    if form is Format.JSON:
        orjson.loads(body)
    return body


def _traits(values: dict[str, object]) -> Traits:
    tags, metadata = values["tags"], values["metadata"]
    if not isinstance(tags, list) or not isinstance(metadata, dict):
        raise TypeError("tags and metadata")
    return Traits(
        tuple(str(tag) for tag in tags),
        metadata,
        _text(values.get("session_id")),
        _text(values.get("agent_id")),
    )


def _lifetime(values: dict[str, object]) -> Lifetime:
    expires_at = values["expires_at"]
    return Lifetime(
        _number(values["ttl_s"]),
        bool(values["sliding"]),
        None if expires_at is None else datetime.fromisoformat(str(expires_at)),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
