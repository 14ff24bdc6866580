"""Secrets sealed for the database (AES-256-GCM): whoever has only the database has none of them."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent_memory.errors import InvalidRequest

_FORM = b"\x01"
_NONCE_BYTES = 12


class Sealing:
    """Seals and opens texts with one key of 32 bytes.

    A text is bound to the place it is kept in: moved to another row it does not open.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, text: str, place: str) -> bytes:
        """`text` for `place`; sealed again it looks different."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """The text; `InvalidRequest` where the key or the place is another one."""
        if sealed[:1] != _FORM:
            raise _not_ours(place)
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, place.encode()).decode()
        except (InvalidTag, ValueError):
            raise _not_ours(place) from None


def _not_ours(place: str) -> InvalidRequest:
    return InvalidRequest(
        f"The secret of {place} cannot be opened: it was sealed with another key than that of this "
        "data directory (run/providers.key). Add it again."
    )
