"""Keys of contexts as they stand in paths."""

from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from agent_memory.contexts.reachable import reachable_key
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey

COLLECTION = "/v1/contexts"


def path_key(request: Request, text: str) -> ContextKey:
    """The key that stands in the path of `request`, decoded as `text`."""
    raw = request.scope.get("raw_path")
    if isinstance(raw, bytes):
        try:
            unquote_to_bytes(raw.partition(b"?")[0]).decode()
        except UnicodeDecodeError:
            raise InvalidRequest("The path is not UTF-8.", "key") from None
    return reachable_key(text)
