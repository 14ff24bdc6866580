"""Keys that have a path of their own in the API."""

from agent_memory.contexts.key import check_key
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey

RESERVED_FIRST = frozenset(
    {"analytics", "batch", "changes", "export", "import", "policy", "reseal", "search"}
    | {"tickets", "webhooks", "ws"}
)
"""First segments of paths that are routes of their own."""
RESERVED_LAST = frozenset({"diff", "relationships", "rollback", "versions"})
"""Last segments that ask something of the key before them."""


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
