"""Whether a key that was sent opens the door."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.access.key_bounds import KeyBounds
from agent_memory.access.key_defaults import KeyDefaults
from agent_memory.access.keys import ApiKey
from agent_memory.access.principal import Principal, Scope
from agent_memory.errors import Unauthenticated
from agent_memory.ids import KeyId, WorkspaceId


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is stored of a key, as far as admission needs it. previous_hash: of the secret before
    the last rotation, which opens until `previous_until`."""

    key_id: KeyId
    workspace_id: WorkspaceId
    secret_hash: bytes
    scopes: frozenset[Scope]
    expires_at: datetime | None
    revoked_at: datetime | None
    memory: str | None = None
    disabled_at: datetime | None = None
    bounds: KeyBounds = KeyBounds()  # noqa: RUF009  frozen value
    previous_hash: bytes | None = None
    previous_until: datetime | None = None
    defaults: KeyDefaults = KeyDefaults()  # noqa: RUF009  frozen value

    def is_opened_by(self, key: ApiKey, now: datetime) -> bool:
        """Whether the secret of `key` is this key's, or the one before while the overlap lasts."""
        is_current = key.matches(self.secret_hash)
        if self.previous_hash is None or self.previous_until is None:
            return is_current
        is_previous = key.matches(self.previous_hash)
        return is_current or (is_previous and now < self.previous_until)


def admit(key: ApiKey, stored: StoredKey | None, now: datetime) -> Principal:
    """The holder of `key`, or `Unauthenticated`.

    Only someone who holds the secret learns that a key was revoked or disabled, or has expired.
    """
    if stored is None or not stored.is_opened_by(key, now):
        raise Unauthenticated("This API key is not known here.")
    if stored.revoked_at is not None:
        raise Unauthenticated("This API key was revoked.")
    if stored.disabled_at is not None:
        raise Unauthenticated("This API key is disabled.")
    if stored.expires_at is not None and stored.expires_at <= now:
        raise Unauthenticated("This API key has expired.")
    return Principal(
        stored.key_id,
        stored.workspace_id,
        stored.scopes,
        stored.memory,
        stored.bounds,
        stored.defaults,
    )
