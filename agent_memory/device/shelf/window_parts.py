"""Windows of a snapshot, a part in each of several files.

A window only slides, so that of a later snapshot begins with tokens of an earlier one of the same
row: the same bits, that are in a file already. A file has of each window the tokens after those of
the file before it, and names the files before it as far back as the window reaches. They lie beside
it under names of its own, as hard links: whoever deletes one snapshot takes nothing from another.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent_memory.device.kv.host_tensor import ITEM_SIZES, HostTensor, num_bytes

MAX_EARLIER = 32
"""Files before a snapshot's own."""

_NAME = re.compile(r"\d+\.w[kv](\.scales|\.biases)?")

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EarlierPart:
    """A file of the shelf, its size, and how many tokens of the windows it holds: at most as many,
    where a window is shorter."""

    file: str
    nbytes: int
    num_tokens: int


@dataclass(frozen=True, slots=True)
class WindowParts:
    """The last `num_own` tokens of the windows are in the snapshot's own file, those before them in
    the earlier ones, the last first."""

    num_own: int
    earlier: tuple[EarlierPart, ...]


def is_window(name: str) -> bool:
    """Tells by its name a tensor that holds a window: its last axis but one counts tokens."""
    return _NAME.fullmatch(name) is not None


def num_window_tokens(shapes: Mapping[str, Shape]) -> int:
    """Tokens of the longest window among these tensors; 0 where there is none."""
    return max((shape[-2] for name, shape in shapes.items() if is_window(name)), default=0)


def parts_behind(known: Sequence[EarlierPart], num_tokens: int, num_new: int) -> WindowParts | None:
    """How to keep windows of `num_tokens`, of which `num_new` are after the `known` parts, the
    last of these first. None: they have too little of it, and it is written whole."""
    kept: list[EarlierPart] = []
    num_missing = num_tokens - num_new
    for part in known:
        if num_missing <= 0:
            break
        kept.append(part)
        num_missing -= part.num_tokens
    if num_missing > 0:
        return None
    num_merged = _num_to_merge(kept, num_new)
    num_own = num_new + sum(part.num_tokens for part in kept[:num_merged])
    earlier = tuple(kept[num_merged:])
    return WindowParts(num_own, earlier) if earlier else None


def _num_to_merge(kept: Sequence[EarlierPart], num_new: int) -> int:
    """How many parts to write once more with the new tokens, that there be not too many: half of
    those allowed, and as many more as are small beside them. So none is written often."""
    if len(kept) <= MAX_EARLIER:
        return 0
    num = MAX_EARLIER // 2
    num_tokens = num_new + sum(part.num_tokens for part in kept[:num])
    while num < len(kept) and kept[num].num_tokens < num_tokens / 2:
        num_tokens += kept[num].num_tokens
        num += 1
    return num


def last_tokens(tensor: HostTensor, num_tokens: int) -> HostTensor:
    """The end of a window."""
    length = tensor.shape[-2]
    if num_tokens >= length:
        return tensor
    shape = (*tensor.shape[:-2], num_tokens, tensor.shape[-1])
    end = _by_token(tensor)[:, length - num_tokens :]
    return HostTensor(tensor.dtype, shape, np.ascontiguousarray(end).reshape(-1))


def join_windows(
    own: Mapping[str, HostTensor],
    shapes: Mapping[str, Shape],
    earlier: Iterable[Mapping[str, HostTensor]],
) -> dict[str, HostTensor]:
    """The tensors of a snapshot with windows of these shapes: what its own file has of them, and
    what the earlier ones have, the last first. Raises `ValueError` when tokens are missing."""
    joints = {
        name: _Joint(tensor, shapes[name])
        for name, tensor in own.items()
        if tensor.shape != shapes[name]
    }
    for tensors in earlier:
        for name, joint in joints.items():
            if joint.num_missing:
                joint.put(name, tensors.get(name))
    if missing := [name for name, joint in joints.items() if joint.num_missing]:
        raise ValueError(f"tokens of tensor '{missing[0]}' are in none of its files")
    return {name: joints[name].whole if name in joints else own[name] for name in own}


class _Joint:
    """A window that is filled from its end."""

    def __init__(self, end: HostTensor, shape: Shape) -> None:
        data = np.empty(num_bytes(end.dtype, shape), np.uint8)
        self.whole = HostTensor(end.dtype, shape, data)
        self.num_missing = shape[-2]
        self._rows = _by_token(self.whole)
        self.put("", end)

    def put(self, name: str, part: HostTensor | None) -> None:
        whole = self.whole
        if part is None or _form(part.dtype, part.shape) != _form(whole.dtype, whole.shape):
            raise ValueError(f"an earlier file's tensor '{name}' is of another form")
        num_taken = min(self.num_missing, part.shape[-2])
        end = self.num_missing
        self.num_missing = begin = end - num_taken
        self._rows[:, begin:end] = _by_token(part)[:, part.shape[-2] - num_taken :]


def _form(dtype: str, shape: Shape) -> tuple[str, Shape, int]:
    return dtype, shape[:-2], shape[-1]


def _by_token(tensor: HostTensor) -> npt.NDArray[np.uint8]:
    """The bytes, [all axes before the tokens', tokens, bytes of a token]."""
    width = tensor.shape[-1] * ITEM_SIZES[tensor.dtype]
    num_rows = math.prod(tensor.shape[:-2])
    return np.frombuffer(tensor.view, np.uint8).reshape(num_rows, tensor.shape[-2], width)
