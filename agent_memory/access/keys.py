"""API keys `am_<id>_<secret>`: the id is public and finds the key, the secret proves it."""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field

from agent_memory.ids import KeyId

_SECRET_ALPHABET = string.ascii_letters + string.digits
_SECRET_LENGTH = 32
"""190 bits; without underscores, so that a key splits in one way only."""
_KEY_PATTERN = re.compile(r"am_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9]{22,128})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its holder has it. Neither `repr` nor a log line shows the secret."""

    key_id: KeyId
    secret: str = field(repr=False)

    @property
    def raw(self) -> str:
        """The key as it is sent in a header."""
        return f"am_{self.key_id}_{self.secret}"

    @property
    def secret_hash(self) -> bytes:
        """SHA-256 of the secret (32 bytes): all that is stored of it."""
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, secret_hash: bytes) -> bool:
        """Whether the secret is the one that was hashed; takes the same time either way."""
        return hmac.compare_digest(self.secret_hash, secret_hash)


def generate_key(key_id: KeyId | None = None) -> ApiKey:
    """A fresh key, or a fresh secret for the key of that id."""
    secret = "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(_SECRET_LENGTH))
    return ApiKey(key_id or KeyId(secrets.token_hex(6)), secret)


def parse_key(raw: str) -> ApiKey | None:
    """The two halves of `raw`, or None when it is not of the form of a key."""
    match = _KEY_PATTERN.fullmatch(raw)
    return None if match is None else ApiKey(KeyId(match["id"]), match["secret"])
