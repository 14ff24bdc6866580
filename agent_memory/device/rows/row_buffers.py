"""The room of one row, made before its tokens are there: what is kept is read straight into it.

MLX's memory, seen as bytes: a block's part of a tensor is one run of bytes for each head.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from agent_memory.device.device_kind import device_kind
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.rows.row_layers import room_for


@dataclass(frozen=True, slots=True)
class TokenForm:
    """How a tensor of tokens looks: [1, heads, tokens, size] of a dtype."""

    heads: int
    size: int
    dtype: mx.Dtype

    @classmethod
    def of(cls, tensor: mx.array) -> "TokenForm":
        return cls(tensor.shape[1], tensor.shape[3], tensor.dtype)


Forms = Mapping[str, TokenForm]
"""By the names of `kv_cut`."""

_BESIDE = mx.new_thread_local_stream(mx.Device(mx.cpu))
"""Of two streams on the CPU each has a thread."""


class RowBuffers:
    """Keys and values of up to `capacity` tokens in every layer. Made on the thread that owns MLX;
    any other may write what `place` gives, until `take`."""

    def __init__(self, forms: Forms, num_tokens: int) -> None:
        self.capacity = room_for(num_tokens)
        # Most of the time goes into the system's first touch of the memory: two threads share it.
        streams = (None, _BESIDE if device_kind().is_cpu else None)
        self._arrays = {
            name: mx.zeros(
                (1, form.heads, self.capacity, form.size), form.dtype, stream=streams[number % 2]
            )
            for number, (name, form) in enumerate(forms.items())
        }
        mx.eval(self._arrays)
        self._bytes: dict[str, npt.NDArray[np.uint8]] = {
            name: np.asarray(array.view(mx.uint8))[0] for name, array in self._arrays.items()
        }

    def place(self, begin: int, name: str, shape: Sequence[int]) -> list[memoryview]:
        """Where the bytes of a tensor of `shape` go, whose first token is the row's `begin`th.

        Raises `ValueError` when it is not like the model's own.
        """
        return [run.reshape(-1).data for run in self._room(begin, name, shape)]

    def put(self, block: ShelfBlock, begin: int) -> None:
        """Copy a block to its place. Raises `ValueError` as `place` does."""
        for name, tensor in block.tensors.items():
            room = self._room(begin, name, tensor.shape)
            # Numpy lets other threads run meanwhile, which a copy of memoryviews does not.
            room[:] = np.frombuffer(tensor.view, np.uint8).reshape(room.shape)

    def take(self) -> Mapping[str, mx.array]:
        """The buffers; nobody may write to them any more."""
        self._bytes.clear()
        arrays, self._arrays = self._arrays, {}
        return arrays

    def _room(self, begin: int, name: str, shape: Sequence[int]) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor in its place, [heads, tokens, bytes of one]."""
        room = self._bytes.get(name)
        if room is None or len(shape) != 4:
            raise ValueError(f"the model has no tensor '{name}' of {list(shape)}")
        array = self._arrays[name]
        batch, heads, num_tokens, size = shape
        if (batch, heads, size) != (1, array.shape[1], array.shape[3]):
            raise ValueError(f"tensor '{name}' of {list(shape)} is not like the model's")
        if begin + num_tokens > self.capacity:
            raise ValueError(f"tensor '{name}' of {list(shape)} is longer than was said")
        return room[:, begin : begin + num_tokens]


def reach_device() -> bool:
    """Whether what the host writes into such a buffer is what the device reads. True where both
    have one memory; a device with memory of its own may hand the host a copy."""
    buffers = RowBuffers({"probe": TokenForm(1, 8, mx.float32)}, 1)
    (run,) = buffers.place(0, "probe", (1, 1, 1, 8))
    run[:] = np.full(8, 3.0, np.float32).tobytes()
    return bool(mx.all(buffers.take()["probe"][..., :1, :] == 3.0).item())
