"""The headers of conditional requests (RFC 9110)."""

from starlette.datastructures import Headers

from agent_memory.contexts.condition import ANY, Condition
from agent_memory.contexts.context import VersionInfo

_WEAK = "W/"


def condition_of(headers: Headers) -> Condition:
    """`If-Match` and `If-None-Match`. A tag is an ETag of ours, or a version's number or a SHA-256,
    with or without quotes. A weak tag matches nothing."""
    return Condition(_tags(headers, "if-match"), _tags(headers, "if-none-match"))


def is_unchanged(headers: Headers, version: VersionInfo, sha256: str) -> bool:
    """Whether the client has this version already, and 304 answers it."""
    tags = _tags(headers, "if-none-match")
    if tags is None:
        return False
    known = {ANY, version.etag.strip('"'), str(version.address.version), sha256}
    return any(tag in known for tag in tags)


def _tags(headers: Headers, name: str) -> tuple[str, ...] | None:
    if name not in headers:
        return None
    tags = [tag.strip() for value in headers.getlist(name) for tag in value.split(",")]
    return tuple(tag.strip('"') for tag in tags if tag and not tag.startswith(_WEAK))
