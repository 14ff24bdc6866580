"""Which pages may call `/mcp`: a browser says where its page is from."""

from collections.abc import Container
from urllib.parse import urlsplit

from starlette.requests import Request

from agent_memory.errors import OriginRefused


def check_origin(request: Request, allowed: Container[str]) -> None:
    """Raise `OriginRefused` for a page of another site, unless the settings allow it."""
    origin = request.headers.get("origin")
    if origin is None or origin in allowed or "*" in allowed:
        return
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise OriginRefused(origin)
