"""Keys of contexts as they stand in paths."""

from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from agent_memory.contexts.key import check_key
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey

COLLECTION = "/v1/contexts"
RESERVED_FIRST = frozenset(
    {"analytics", "batch", "changes", "export", "import", "policy", "reseal", "search"}
    | {"tickets", "webhooks", "ws"}
)
"""First segments of paths that are routes of their own."""
RESERVED_LAST = frozenset({"diff", "relationships", "rollback", "versions"})
"""Last segments that ask something of the key before them."""


def path_key(request: Request, text: str) -> ContextKey:
    """The key that stands in the path of `request`, decoded as `text`."""
    raw = request.scope.get("raw_path")
    if isinstance(raw, bytes):
        try:
            unquote_to_bytes(raw.partition(b"?")[0]).decode()
        except UnicodeDecodeError:
            raise InvalidRequest("The path is not UTF-8.", "key") from None
    return reachable_key(text)


def reachable_key(text: str, param: str = "key") -> ContextKey:
    """A key that has a path of its own; `InvalidRequest` where a route stands in its place."""
    key = check_key(text, param)
    segments = key.split("/")
    if segments[0] in RESERVED_FIRST or segments[-1] in RESERVED_LAST:
        message = (
            f"A key may not begin with {_words(RESERVED_FIRST)}, nor end with "
            f"{_words(RESERVED_LAST)}: paths of the API stand there."
        )
        raise InvalidRequest(message, param)
    return key


def _words(names: frozenset[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))
