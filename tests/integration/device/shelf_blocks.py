"""Blocks with known bytes, to be put on a shelf."""

import random

import numpy as np

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock

ROOT = root_hash("model", "float32", "workspace")


def make_blocks(num_blocks: int, tokens_per_block: int = 4, seed: int = 0) -> list[ShelfBlock]:
    """A chain of blocks, each with three tensors of different widths."""
    dice = random.Random(seed)  # noqa: S311  reproducible bytes, not secrets
    blocks, parent = [], ROOT
    for _ in range(num_blocks):
        token_ids = tuple(dice.randrange(50_000) for _ in range(tokens_per_block))
        name = chain_hash(parent, token_ids)
        tensors = {
            "0.keys": _tensor(dice, "F32", (2, tokens_per_block, 8), 4),
            "0.mask": _tensor(dice, "U8", (3,), 1),
            "0.values": _tensor(dice, "BF16", (2, tokens_per_block, 8), 2),
        }
        blocks.append(ShelfBlock(name, parent, token_ids, tensors))
        parent = name
    return blocks


class SlidingRow:
    """A row of a model with windows of several lengths: what it is at any length.

    A token's bytes are the same in every window that has it.
    """

    def __init__(self, num_tokens: int, windows: tuple[int, ...] = (9, 24), seed: int = 0) -> None:
        self._dice = np.random.default_rng(seed)
        self._tokens = tuple(int(token) for token in self._dice.integers(50_000, size=num_tokens))
        self._lengths: dict[str, int] = {}
        self._data: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = {}
        for at, window in enumerate(windows):
            for name, width in ((f"{at}.wk", 8), (f"{at}.wv", 16), (f"{at}.wv.scales", 4)):
                self._lengths[name] = window - 1
                self._data[name] = self._dice.integers(
                    256, size=(2, num_tokens, width), dtype=np.uint8
                )

    def snapshot(self, length: int, num_tail: int = 1) -> ShelfBlock:
        """With the last `num_tail` tokens of a layer that can be cut."""
        parent = chain_hash(ROOT, self._tokens[: length - num_tail])
        token_ids = self._tokens[length - num_tail : length]
        tensors = {"9.k": _as_tensor(self._data["0.wk"][:, length - num_tail : length])}
        for name, data in self._data.items():
            begin = max(0, length - self._lengths[name])
            tensors[name] = _as_tensor(data[:, begin:length])
        return ShelfBlock(chain_hash(parent, token_ids), parent, token_ids, tensors, True)


def _as_tensor(data: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> HostTensor:
    heads, num_tokens, width = data.shape
    raw = np.ascontiguousarray(data).reshape(-1)
    return HostTensor("BF16", (1, heads, num_tokens, width // 2), raw)


def contents(block: ShelfBlock) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    return {
        name: (tensor.dtype, tensor.shape, bytes(tensor.view))
        for name, tensor in block.tensors.items()
    }


def _tensor(dice: random.Random, dtype: str, shape: tuple[int, ...], width: int) -> HostTensor:
    num_bytes = int(np.prod(shape)) * width
    return HostTensor(dtype, shape, np.frombuffer(dice.randbytes(num_bytes), np.uint8))
