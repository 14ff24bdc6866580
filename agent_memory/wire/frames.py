"""Frames of a byte stream: a 4-byte little-endian length, a letter for the form, and a value.

Both ends hold the runtime's secret: what is unpickled was written by the product's own processes,
which are of one version.
"""

import marshal
import pickle
import struct
from collections.abc import Sequence

from agent_memory.wire.token_frames import plain_of, value_of

_HEAD = struct.Struct("<IB")
_LENGTH = struct.Struct("<I")
_MAX_FRAME_BYTES = 1 << 30
_PLAIN, _PICKLED = b"tp"


def frame_of(value: object) -> bytes:
    plain = plain_of(value)
    if plain is not None:
        data = marshal.dumps(plain)
        return _HEAD.pack(len(data) + 1, _PLAIN) + data
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return _HEAD.pack(len(data) + 1, _PICKLED) + data


class FrameReader:
    """Cuts what comes into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Sequence[object]:
        """The values that are whole now, in order. `ValueError` for what cannot be a frame."""
        if self._rest:
            self._rest += data
            if len(self._rest) < _end_of_frame(self._rest, 0):
                return ()
            data = bytes(self._rest)
            self._rest.clear()
        values = []
        start = 0
        while (end := _end_of_frame(data, start)) <= len(data):
            values.append(_value(data, start + _LENGTH.size, end))
            start = end
        if start < len(data):
            self._rest += data[start:]
        return values


def _end_of_frame(data: bytes | bytearray, start: int) -> int:
    """Where the frame at `start` ends; past the end of `data` when nothing tells yet."""
    if len(data) - start < _LENGTH.size:
        return len(data) + 1
    (size,) = _LENGTH.unpack_from(data, start)
    if not 0 < size <= _MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {size} bytes")
    return start + _LENGTH.size + int(size)


def _value(data: bytes, begin: int, end: int) -> object:
    form = data[begin]
    if form == _PLAIN:
        return value_of(marshal.loads(data[begin + 1 : end]))  # noqa: S302  see above
    if form == _PICKLED:
        return pickle.loads(memoryview(data)[begin + 1 : end])  # noqa: S301  see above
    raise ValueError(f"a frame of the form {form}")
