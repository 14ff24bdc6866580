"""Rules for an API key's name, scopes and lifetime."""

from collections.abc import Iterable
from datetime import datetime

from agent_memory.access.principal import Scope
from agent_memory.errors import InvalidRequest

MAX_NAME_LENGTH = 100


def check_name(name: str) -> str:
    """`name` without surrounding blanks; `InvalidRequest` unless 1 to 100 printable characters."""
    stripped = name.strip()
    if not 1 <= len(stripped) <= MAX_NAME_LENGTH or not stripped.isprintable():
        message = f"A key's name has 1 to {MAX_NAME_LENGTH} printable characters."
        raise InvalidRequest(message, "name")
    return stripped


def check_scopes(scopes: Iterable[str]) -> frozenset[Scope]:
    """The scopes by their names; `InvalidRequest` for none at all or an unknown one."""
    names = frozenset(scopes)
    known = frozenset(scope.value for scope in Scope)
    if not names or not names <= known:
        message = f"A key has one or more of these scopes: {', '.join(sorted(known))}."
        raise InvalidRequest(message, "scopes")
    return frozenset(Scope(name) for name in names)


def check_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    """`expires_at` as it is; `InvalidRequest` unless it names its time zone and is to come."""
    if expires_at is None:
        return None
    if expires_at.tzinfo is None:
        raise InvalidRequest("The expiry must name its time zone.", "expires_at")
    if expires_at <= now:
        raise InvalidRequest("The expiry is in the past.", "expires_at")
    return expires_at
