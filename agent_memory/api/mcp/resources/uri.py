"""The address of a context as a resource: `context://` and its key."""

from urllib.parse import quote, unquote

from agent_memory.contexts.key import check_key
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey

SCHEME = "context://"
TEMPLATE = "context://{+key}"
_PLAIN = "/:@!$'()*+,;="
"""Beside letters and digits, what stands in a path as it is (RFC 3986)."""


def uri_of(key: ContextKey) -> str:
    """Such as `context://team/plan`; other characters stand in percent signs."""
    return SCHEME + quote(key, safe=_PLAIN)


def key_of(uri: str) -> ContextKey:
    """The key, whether or not its characters stand in percent signs; `InvalidRequest` for the
    address of anything else."""
    if not uri.startswith(SCHEME):
        raise InvalidRequest(f"The address of a resource is {TEMPLATE}.", "uri")
    try:
        key = unquote(uri.removeprefix(SCHEME), errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The address of a resource is in UTF-8.", "uri") from error
    return check_key(key, "uri")
