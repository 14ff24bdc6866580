"""Content in the form in which it is stored: compressed where it pays, then sealed where asked."""

import zstandard

from agent_memory.contexts.context import Address, ClosedBody
from agent_memory.contexts.document import MAX_DOCUMENT_BYTES
from agent_memory.contexts.key_ring import KeyRing
from agent_memory.errors import InvariantBroken

PLAIN, ZSTD = "plain", "zstd"
_LEAST_BYTES = 1024
"""Shorter content is hardly made shorter."""
_WORTH = 0.9
_LEVEL = 3


class ContextCodec:
    """Closes content and opens it again. keys: without any, nothing can be sealed."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    def close(
        self, body: bytes, address: Address, *, is_sealed: bool, is_packed: bool = True
    ) -> ClosedBody:
        """`InvalidRequest` where it is to be sealed and there is no key. is_packed: compress it
        where it pays."""
        packed = _packed(body) if is_packed and len(body) >= _LEAST_BYTES else None
        data, encoding = (body, PLAIN) if packed is None else (packed, ZSTD)
        if not is_sealed:
            return ClosedBody(data, encoding)
        key_id, sealed = self.keys.seal(data, address)
        return ClosedBody(sealed, encoding, key_id)

    def open(self, closed: ClosedBody, address: Address) -> bytes:
        """The content. `ContextKeyMissing` where the key that seals it is not there."""
        data = closed.data
        if closed.sealed_with is not None:
            data = self.keys.open(data, address, closed.sealed_with)
        return data if closed.encoding == PLAIN else _unpacked(data)


def _packed(body: bytes) -> bytes | None:
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(body)
    return packed if len(packed) <= len(body) * _WORTH else None


def _unpacked(data: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_DOCUMENT_BYTES)
    except zstandard.ZstdError as error:
        raise InvariantBroken(f"a stored context cannot be unpacked: {error}") from error
