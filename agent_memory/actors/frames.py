"""Frames of a byte stream: a 4-byte little-endian length and a pickle.

Both ends hold the runtime's secret: what is unpickled was written by the product's own processes.
"""

import pickle
import struct
from collections.abc import Sequence

_LENGTH = struct.Struct("<I")
_MAX_FRAME_BYTES = 1 << 30


def frame_of(value: object) -> bytes:
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


class FrameReader:
    """Cuts what comes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Sequence[object]:
        """The values that are whole now, in order. `ValueError` for what cannot be a frame."""
        if not self._buffer and len(data) >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(data)
            if len(data) == _LENGTH.size + size:
                return (pickle.loads(memoryview(data)[_LENGTH.size :]),)  # noqa: S301  see above
        self._buffer += data
        values = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(self._buffer, start)
            if size > _MAX_FRAME_BYTES:
                raise ValueError(f"a frame of {size} bytes")
            end = start + _LENGTH.size + size
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[start + _LENGTH.size : end])
            values.append(pickle.loads(body))  # noqa: S301  see above
            start = end
        del self._buffer[:start]
        return values
