"""Blocks with known bytes, to be put on a shelf."""

import random

import numpy as np

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.device.host_tensor import HostTensor, ShelfBlock

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


def contents(block: ShelfBlock) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    return {
        name: (tensor.dtype, tensor.shape, bytes(tensor.view))
        for name, tensor in block.tensors.items()
    }


def _tensor(dice: random.Random, dtype: str, shape: tuple[int, ...], width: int) -> HostTensor:
    num_bytes = int(np.prod(shape)) * width
    return HostTensor(dtype, shape, np.frombuffer(dice.randbytes(num_bytes), np.uint8))
