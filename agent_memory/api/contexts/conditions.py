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


def named_condition(matches: str | None, matches_none: str | None) -> Condition:
    """The same of fields that are written as the headers are."""
    return Condition(
        None if matches is None else _split(matches),
        None if matches_none is None else _split(matches_none),
    )


def _tags(headers: Headers, name: str) -> tuple[str, ...] | None:
    return _split(",".join(headers.getlist(name))) if name in headers else None


def _split(text: str) -> tuple[str, ...]:
    tags = [tag.strip() for tag in text.split(",")]
    return tuple(tag.strip('"') for tag in tags if tag and not tag.startswith(_WEAK))
