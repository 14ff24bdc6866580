"""The header by which a client repeats a write without doing it twice."""

import re

from starlette.datastructures import Headers

from agent_memory.errors import InvalidRequest

_KEY = re.compile(r"[!-~]{1,200}")


def idempotency_key(headers: Headers) -> str | None:
    """`Idempotency-Key`: 1 to 200 visible ASCII characters, or None where there is none."""
    key = headers.get("idempotency-key")
    if key is None:
        return None
    if _KEY.fullmatch(key) is None:
        message = "Idempotency-Key must be 1 to 200 visible ASCII characters."
        raise InvalidRequest(message, "Idempotency-Key")
    return key
