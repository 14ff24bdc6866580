"""Token ids as bytes, four to a token, so that a thousand of them compare at once."""

from array import array
from collections.abc import Sequence

WIDTH = array("I").itemsize


def pack(token_ids: Sequence[int]) -> bytes:
    """The ids in machine order. Raises `OverflowError` for a negative one."""
    return array("I", token_ids).tobytes()


def unpack(packed: bytes) -> Sequence[int]:
    """The ids again."""
    words = array("I")
    words.frombytes(packed)
    return words


def num_common_tokens(packed: bytes, other: bytes, start: int = 0) -> int:
    """Length in tokens of the longest common prefix of `packed` and of `other` from token `start`
    on."""
    rest = other[start * WIDTH : start * WIDTH + len(packed)]
    if packed.startswith(rest):
        return len(rest) // WIDTH
    low, high = 0, len(rest) // WIDTH
    while high - low > 1:
        middle = (low + high) // 2
        if packed[low * WIDTH : middle * WIDTH] == rest[low * WIDTH : middle * WIDTH]:
            low = middle
        else:
            high = middle
    return low
