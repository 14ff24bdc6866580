"""Which session a request names."""

import hashlib
import re

import orjson
from starlette.datastructures import Headers

from agent_memory.errors import InvalidRequest
from agent_memory.ids import SessionId

_SESSION_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_CLAUDE_CODE_USER = re.compile(r"user_.*_session_([A-Za-z0-9-]{8,64})", re.DOTALL)


def checked_session_id(text: str, param: str) -> SessionId:
    """`text` as a session id; `InvalidRequest` when it does not look like one."""
    if _SESSION_ID.fullmatch(text) is None:
        message = f"{param} must be 1 to 128 characters out of A-Z a-z 0-9 . _ : -"
        raise InvalidRequest(message, param)
    return SessionId(text)


def named_session(
    headers: Headers, field: str | None = None, user_id: str | None = None
) -> SessionId | None:
    """The session named by header, by field, by Claude Code's header or inside `user_id`.

    An agent that Claude Code has sent out speaks beside its parent, under a session of its own.
    """
    if (header := headers.get("x-session-id")) is not None:
        return checked_session_id(header, "X-Session-ID")
    if field is not None:
        return checked_session_id(field, "session_id")
    if (header := headers.get("x-claude-code-session-id")) is not None:
        session = checked_session_id(header, "X-Claude-Code-Session-Id")
    elif user_id and (found := _session_in_user_id(user_id)) is not None:
        session = found
    else:
        return None
    if (agent := headers.get("x-claude-code-agent-id")) is not None:
        return checked_session_id(f"{session}.{agent}", "X-Claude-Code-Agent-Id")
    return session


def thread_of_codex(headers: Headers) -> SessionId | None:
    """The thread that Codex names in each of its requests; each of its sub-agents has its own."""
    for name in ("thread-id", "session-id"):
        if (sent := headers.get(name)) is not None:
            return checked_session_id(sent, name)
    return None


def session_of_cache_key(key: str | None) -> SessionId | None:
    """`prompt_cache_key`, which may be any text, as the name of a session."""
    if not key or _SESSION_ID.fullmatch(key):
        return SessionId(key) if key else None
    return SessionId(f"key_{hashlib.sha256(key.encode()).hexdigest()[:24]}")


def is_codex(headers: Headers) -> bool:
    """Whether the client is Codex, which says so in a header of its own or as its name."""
    names = (headers.get("originator", ""), headers.get("user-agent", ""))
    return any(name.lower().startswith("codex") for name in names)


def named_agent(headers: Headers) -> str | None:
    """The agent that the client names: in our header, or in that of Claude Code."""
    for name in ("X-Agent-ID", "X-Claude-Code-Agent-Id"):
        if (text := headers.get(name)) is not None:
            return checked_session_id(text, name)
    return None


def _session_in_user_id(user_id: str) -> SessionId | None:
    """Claude Code writes its session into `metadata.user_id`, as text or as JSON.

    Anything else is an opaque user id and names no session.
    """
    if (match := _CLAUDE_CODE_USER.fullmatch(user_id)) is not None:
        return SessionId(match[1])
    try:
        fields = orjson.loads(user_id)
    except orjson.JSONDecodeError:
        return None
    session = fields.get("session_id") if isinstance(fields, dict) else None
    if isinstance(session, str) and _SESSION_ID.fullmatch(session):
        return SessionId(session)
    return None
