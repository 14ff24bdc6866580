"""The header by which a client repeats a write without doing it twice."""

import hashlib
import re

from starlette.datastructures import Headers

from agent_memory.errors import InvalidRequest
from agent_memory.ids import SessionId, TurnId, WorkspaceId

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


def turn_of_key(workspace: WorkspaceId, key: str) -> TurnId:
    """The id of the turn that is asked for under a key, the same each time."""
    return TurnId(f"turn_{_digest(workspace, key)}")


def session_of_key(workspace: WorkspaceId, key: str) -> SessionId:
    """The id of the session that is made under a key, the same each time."""
    return SessionId(f"sess_{_digest(workspace, key)}")


def _digest(workspace: WorkspaceId, key: str) -> str:
    return hashlib.sha256(f"idempotency\0{workspace}\0{key}".encode()).hexdigest()[:24]
