"""Writes that a client may send again under one idempotency key."""

import hashlib
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest

MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Once:
    """A key, and a hash of what was asked for under it.

    The store that carries out the write keeps both with its outcome, in the transaction of the
    write itself: a write whose outcome is not kept did not happen, so repeating it is safe.
    """

    key: str
    request_hash: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= MAX_KEY_LENGTH:
            message = f"An idempotency key has 1 to {MAX_KEY_LENGTH} characters."
            raise InvalidRequest(message, "idempotency_key")

    @classmethod
    def of(cls, key: str, asked: bytes) -> "Once":
        """asked: bytes that are the same for the same request."""
        return cls(key, hashlib.sha256(asked).hexdigest())
