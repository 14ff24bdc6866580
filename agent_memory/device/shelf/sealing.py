"""Encryption of shelf files: AES-256-GCM (NIST SP 800-38D) under a key of each file's own.

A file's key is derived (HKDF, RFC 5869) from the owner's key and a random salt, so that nonces are
simply counted: 0 for the header, then one for each tensor in the order of the file.
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent_memory.device.kv.host_tensor import HostBytes

FORMAT = "agent_memory.shelf.sealed.1"
KEY_SIZE = 32
TAG_SIZE = 16
_SALT_SIZE = 16
_NONCE_SIZE = 12
_HEADER = 0


@dataclass(frozen=True, slots=True)
class FileCipher:
    """Encrypts and opens the parts of one file, each under its own number."""

    cipher: AESGCM

    def seal_tensor(self, number: int, data: memoryview) -> tuple[bytes, bytes]:
        """The encrypted bytes of the `number`th tensor, as many as the plain, and their tag."""
        sealed = self.cipher.encrypt(_nonce(number + 1), data, None)
        return sealed[:-TAG_SIZE], sealed[-TAG_SIZE:]

    def open_tensor(self, number: int, data: HostBytes, tag: bytes) -> bytes:
        """The plain bytes. Raises `ValueError` when they are not what was sealed."""
        return self._open(number + 1, bytes(data) + tag)

    def seal_header(self, header: bytes) -> bytes:
        return self.cipher.encrypt(_nonce(_HEADER), header, None)

    def open_header(self, sealed: bytes) -> bytes:
        """Raises `ValueError` when it is not what was sealed."""
        return self._open(_HEADER, sealed)

    def _open(self, number: int, sealed: bytes) -> bytes:
        try:
            return self.cipher.decrypt(_nonce(number), sealed, None)
        except InvalidTag as error:
            raise ValueError("corrupt: it does not decrypt") from error


class Seal:
    """The owner's key. `key_id` tells keys apart and tells nothing of them."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"a key has {KEY_SIZE} bytes, not {len(key)}")
        self._key = key
        self.key_id = hashlib.sha256(FORMAT.encode() + key).hexdigest()[:16]

    def new_file(self) -> tuple[bytes, FileCipher]:
        """A fresh salt, and the cipher of the file that bears it."""
        salt = os.urandom(_SALT_SIZE)
        return salt, self._cipher(salt)

    def wrap(self, header: bytes, salt: bytes, cipher: FileCipher) -> bytes:
        """The JSON text that stands in a sealed file in place of its header."""
        metadata = {
            "format": FORMAT,
            "key_id": self.key_id,
            "salt": base64.b64encode(salt).decode(),
            "header": base64.b64encode(cipher.seal_header(header)).decode(),
        }
        return json.dumps({"__metadata__": metadata}, separators=(",", ":")).encode()

    def unwrap(self, text: bytes) -> tuple[bytes, FileCipher]:
        """The header that was wrapped. Raises `ValueError` with the reason when it cannot be."""
        try:
            metadata = json.loads(text)["__metadata__"]
            name, key_id = metadata["format"], metadata["key_id"]
            salt, sealed = (base64.b64decode(metadata[part]) for part in ("salt", "header"))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the header is malformed: {error!r}") from error
        if name != FORMAT or key_id != self.key_id:
            raise ValueError("it is not encrypted with this key")
        cipher = self._cipher(salt)
        return cipher.open_header(sealed), cipher

    def _cipher(self, salt: bytes) -> FileCipher:
        derive = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=salt, info=FORMAT.encode())
        return FileCipher(AESGCM(derive.derive(self._key)))


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_SIZE, "big")
