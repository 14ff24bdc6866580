"""Arrays as PostgreSQL's `array_send` packs them: one column of thousands of rows in one value."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_HEADER = 20
"""Bytes of an array's header with one dimension: three fields, then its size and lower bound."""

Scalar = TypeVar("Scalar", np.int64, np.float64)


def unpack(data: bytes | None, stored_as: str, wanted: type[Scalar]) -> NDArray[Scalar]:
    """The values of a one-dimensional array without nulls, stored as a numpy type like '>i8'. None
    is an array of nothing, as aggregates make it."""
    if data is None:
        return np.empty(0, wanted)
    entry = np.dtype([("size", ">i4"), ("value", stored_as)])
    return np.frombuffer(data, entry, offset=_HEADER)["value"].astype(wanted)
