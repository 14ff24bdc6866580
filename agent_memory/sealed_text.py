"""Texts that a client carries for us and cannot read or change."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_PREFIX = "am1."


class TextSeal:
    """Seals texts (AES-256-GCM) under a key of its own, which is derived from `secret`.

    scope: what a text belongs to, such as a workspace; it opens only for that.
    """

    def __init__(self, secret: bytes) -> None:
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"agent_memory.sealed_text.1")
        self._cipher = AESGCM(derive.derive(secret))

    def seal(self, scope: str, text: str) -> str:
        """The text, sealed; letters and digits of base64."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), scope.encode())
        return _PREFIX + base64.urlsafe_b64encode(sealed).decode()

    def open(self, scope: str, sealed: str) -> str | None:
        """The text; None when it was not sealed here, or not for `scope`."""
        if not sealed.startswith(_PREFIX):
            return None
        try:
            raw = base64.b64decode(sealed.removeprefix(_PREFIX), altchars=b"-_", validate=True)
            nonce, content = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return self._cipher.decrypt(nonce, content, scope.encode()).decode()
        except (InvalidTag, ValueError, binascii.Error):
            return None
