"""Whether a key that was sent opens the door."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.access.keys import ApiKey
from agent_memory.access.principal import Principal, Scope
from agent_memory.errors import Unauthenticated
from agent_memory.ids import KeyId, WorkspaceId


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is stored of a key, as far as admission needs it."""

    key_id: KeyId
    workspace_id: WorkspaceId
    secret_hash: bytes
    scopes: frozenset[Scope]
    expires_at: datetime | None
    revoked_at: datetime | None
    memory: str | None = None


def admit(key: ApiKey, stored: StoredKey | None, now: datetime) -> Principal:
    """The holder of `key`, or `Unauthenticated`.

    Only someone who holds the secret learns that a key was revoked or has expired.
    """
    if stored is None or not key.matches(stored.secret_hash):
        raise Unauthenticated("This API key is not known here.")
    if stored.revoked_at is not None:
        raise Unauthenticated("This API key was revoked.")
    if stored.expires_at is not None and stored.expires_at <= now:
        raise Unauthenticated("This API key has expired.")
    return Principal(stored.key_id, stored.workspace_id, stored.scopes, stored.memory)
