"""Keys and values of one row in one layer, as mlx-lm's models expect a cache to be.

Both kinds hold one contiguous buffer, [1, heads, capacity, head size], in the order of the tokens,
and can be cut back by what was fed too much.
"""

import copy
from collections.abc import Sequence
from typing import Any, Protocol, Self

import mlx.core as mx
from mlx_lm.models.base import create_causal_mask
from mlx_lm.models.cache import create_attention_mask

STEP = 256
"""Capacities of windows are multiples of it: buffers are reused."""
GRAIN = 8
"""Those of rows that grow are multiples of it, which is what fused kernels want."""
_SPARE = 32
"""A row has room for one more token in so many. Growing copies it, which costs as much as that
many tokens for each new one: far less than attention to all of them."""

KeysValues = tuple[mx.array, mx.array]


class RowLayer(Protocol):
    """What a row needs of a layer beyond what the model needs of it."""

    keys: Any
    values: Any
    offset: int

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> KeysValues: ...

    def keys_and_values(self) -> KeysValues: ...

    def make_mask(
        self, num_tokens: int, return_array: bool = False, window_size: int | None = None
    ) -> Any: ...

    def trim_to(self, length: int) -> None:
        """Forget the tokens from `length` on."""
        ...

    def fork(self) -> Self:
        """A copy; nothing is copied on the device before either is written to."""
        ...


class FullLayer:
    """A layer that attends to everything before it."""

    __slots__ = ("_reserved", "keys", "offset", "values")

    def __init__(self) -> None:
        self.keys: Any = None
        self.values: Any = None
        self.offset = 0
        self._reserved = 0

    @property
    def state(self) -> KeysValues:
        return self.keys, self.values

    def size(self) -> int:
        return self.offset

    def reserve(self, length: int) -> None:
        """The row will get so long: make room at once when room is made."""
        self._reserved = length

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> KeysValues:
        begin, end = self.offset, self.offset + keys.shape[2]
        if self.keys is None or end > self.keys.shape[2]:
            capacity = room_for(max(end, self._reserved))
            self.keys = _grown(self.keys, begin, capacity, keys)
            self.values = _grown(self.values, begin, capacity, values)
        self.keys[..., begin:end, :] = keys
        self.values[..., begin:end, :] = values
        self.offset = end
        return self.keys_and_values()

    def keys_and_values(self) -> KeysValues:
        """What the token that was fed last attends to."""
        return self.keys[..., : self.offset, :], self.values[..., : self.offset, :]

    def make_mask(
        self, num_tokens: int, return_array: bool = False, window_size: int | None = None
    ) -> Any:
        return create_attention_mask(num_tokens, self.offset, return_array, window_size)

    def trim_to(self, length: int) -> None:
        self.offset = min(self.offset, length)

    def fork(self) -> "FullLayer":
        twin = FullLayer()
        twin.keys, twin.values = copy.copy(self.keys), copy.copy(self.values)
        twin.offset, twin._reserved = self.offset, self._reserved
        return twin

    def cut(self, begin: int, end: int) -> KeysValues:
        """A copy of the tokens from `begin` to `end`."""
        return (
            mx.contiguous(self.keys[..., begin:end, :]),
            mx.contiguous(self.values[..., begin:end, :]),
        )

    def fill(self, parts: Sequence[KeysValues]) -> None:
        """Begin with these tokens, in order."""
        length = sum(keys.shape[2] for keys, _ in parts)
        capacity = room_for(max(length, self._reserved))
        self.keys = _joined([keys for keys, _ in parts], capacity)
        self.values = _joined([values for _, values in parts], capacity)
        self.offset = length

    def adopt(self, buffers: KeysValues, length: int) -> None:
        """Begin with the first `length` tokens of these buffers, which are the layer's now."""
        self.keys, self.values = buffers
        self.offset = length


class WindowLayer:
    """A layer that attends to the last `window` tokens, the present one included.

    The buffer keeps at least those that the next token sees; older ones go when it is full.
    """

    __slots__ = ("_end", "_num_seen", "keys", "offset", "values", "window")

    def __init__(self, window: int) -> None:
        self.window = window
        self.keys: Any = None
        self.values: Any = None
        self.offset = 0
        self._end = 0
        self._num_seen = 0

    @property
    def state(self) -> KeysValues:
        return self.keys, self.values

    @property
    def max_size(self) -> int:
        return self.window

    def size(self) -> int:
        return min(self.offset, self.window)

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> KeysValues:
        num_new = keys.shape[2]
        num_seen = min(self.offset, self.window - 1) + num_new
        if self.keys is None or self._end + num_new > self.keys.shape[2]:
            self._compact(keys, values)
        begin, end = self._end, self._end + num_new
        self.keys[..., begin:end, :] = keys
        self.values[..., begin:end, :] = values
        self.offset += num_new
        self._end = end
        self._num_seen = num_seen
        return self.keys_and_values()

    def keys_and_values(self) -> KeysValues:
        """What the tokens that were fed last attend to."""
        begin = self._end - self._num_seen
        return self.keys[..., begin : self._end, :], self.values[..., begin : self._end, :]

    def make_mask(
        self, num_tokens: int, return_array: bool = False, window_size: int | None = None
    ) -> Any:
        window = window_size or self.window
        num_past = min(self.offset, self.window - 1)
        if num_tokens > 1:
            if return_array or num_past + num_tokens > window:
                return create_causal_mask(num_tokens, num_past, window_size=window)
            return "causal"
        if num_past < window:
            return None
        return mx.arange(num_past + 1) > num_past - window

    def trim_to(self, length: int) -> None:
        surplus = max(0, self.offset - length)
        self.offset -= surplus
        self._end -= surplus

    def fork(self) -> "WindowLayer":
        twin = WindowLayer(self.window)
        twin.keys, twin.values = copy.copy(self.keys), copy.copy(self.values)
        twin.offset, twin._end, twin._num_seen = self.offset, self._end, self._num_seen
        return twin

    def cut_window(self) -> KeysValues:
        """A copy of what the next token will see."""
        begin = self._end - min(self.offset, self.window - 1)
        return (
            mx.contiguous(self.keys[..., begin : self._end, :]),
            mx.contiguous(self.values[..., begin : self._end, :]),
        )

    def fill(self, window: KeysValues, offset: int) -> None:
        """Begin after `offset` tokens, of which these are the last."""
        length = window[0].shape[2]
        capacity = _round_up(max(length, self.window) + STEP)
        self.keys, self.values = (_joined([part], capacity) for part in window)
        self.offset = offset
        self._end = length

    def _compact(self, keys: mx.array, values: mx.array) -> None:
        """Make room for new tokens by forgetting those that nobody sees any more."""
        # One more than the next token sees, for the last token may be taken back.
        kept = min(self._end, self.window)
        begin = self._end - kept
        capacity = _round_up(kept + keys.shape[2] + STEP - 1)
        if self.keys is not None:
            self.keys = self.keys[..., begin : self._end, :]
            self.values = self.values[..., begin : self._end, :]
        self.keys = _grown(self.keys, kept, capacity, keys)
        self.values = _grown(self.values, kept, capacity, values)
        self._end = kept


def room_for(length: int) -> int:
    """Capacity for so many tokens and a few more."""
    return -(-(length + max(GRAIN, length // _SPARE)) // GRAIN) * GRAIN


def _round_up(length: int) -> int:
    return -(-length // STEP) * STEP


def _grown(buffer: Any, length: int, capacity: int, like: mx.array) -> mx.array:
    """A buffer of `capacity` tokens that begins with the first `length` of `buffer`."""
    batch, heads, _, size = like.shape
    if length == 0:
        return mx.zeros((batch, heads, capacity, size), like.dtype)
    room = mx.zeros((batch, heads, capacity - length, size), like.dtype)
    return mx.concatenate([buffer[..., :length, :], room], axis=2)


def _joined(parts: Sequence[mx.array], capacity: int) -> mx.array:
    batch, heads, _, size = parts[0].shape
    room = capacity - sum(part.shape[2] for part in parts)
    return mx.concatenate([*parts, mx.zeros((batch, heads, room, size), parts[0].dtype)], axis=2)
