"""Token ids as bytes: little-endian, four bytes each."""

import struct
from collections.abc import Sequence


def encode_tokens(tokens: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(tokens)}I", *tokens)


def decode_tokens(raw: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(raw) // 4}I", raw)
