"""The keys that seal contexts: AES-256-GCM (NIST SP 800-38D), a random nonce for each version.

What is sealed is bound to its workspace, key, lineage and version: moved to another row, it does
not open.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent_memory.contexts.context import Address
from agent_memory.errors import ContextKeyMissing, InvalidRequest, InvariantBroken

KEY_SIZE = 32
_NONCE_SIZE = 12
_FORMAT = b"agent_memory.context.sealed.1"


class KeyRing:
    """The first key seals; all of them open. A key's id tells keys apart and nothing of them."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        if any(len(key) != KEY_SIZE for key in keys):
            raise ValueError(f"a key has {KEY_SIZE} bytes")
        self._keys = {key_id(key): key for key in keys}

    @property
    def can_seal(self) -> bool:
        return bool(self._keys)

    @property
    def sealing_id(self) -> str:
        """The id of the key that seals; `InvalidRequest` where there is none."""
        if not self._keys:
            raise InvalidRequest(
                "Nothing can be encrypted: AGENT_MEMORY_CONTEXT_KEYS names no key.", "encrypt"
            )
        return next(iter(self._keys))

    def seal(self, data: bytes, address: Address) -> tuple[str, bytes]:
        """The id of the key, and what it has sealed."""
        with_id = self.sealing_id
        nonce = os.urandom(_NONCE_SIZE)
        sealed = AESGCM(self._keys[with_id]).encrypt(nonce, data, _bound_to(address))
        return with_id, nonce + sealed

    def open(self, sealed: bytes, address: Address, with_id: str) -> bytes:
        """`ContextKeyMissing` where the ring lacks the key."""
        key = self._keys.get(with_id)
        if key is None:
            raise ContextKeyMissing(address.key, with_id)
        nonce, data = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
        try:
            return AESGCM(key).decrypt(nonce, data, _bound_to(address))
        except InvalidTag as error:
            raise InvariantBroken(
                f"the sealed content of '{address.key}' is not what was stored there"
            ) from error

    def fingerprint(self, data: bytes) -> bytes:
        """Names `data` to whoever has the key, and confirms no guess to anybody else."""
        return hmac.digest(self._keys[self.sealing_id], _FORMAT + data, "sha256")


def key_id(key: bytes) -> str:
    return hashlib.sha256(_FORMAT + key).hexdigest()[:16]


def _bound_to(address: Address) -> bytes:
    """Each part with its length before it, so that no two addresses are written alike."""
    parts = (address.workspace, address.key, address.lineage, str(address.version))
    return _FORMAT + b"".join(
        len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts
    )
