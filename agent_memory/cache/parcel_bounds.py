"""How much KV a session of so many tokens can need when it travels."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.cache.block import Block

MAX_SNAPSHOTS = 16
"""A session keeps three; others that began alike may have left more."""
CUTS = 2
"""In how many ways the same tokens may be cut."""
BLOCKS_PER_FULL = 16
"""Blocks that may take the place of a full one: a shorter tail is cut again with its successor."""
SPARE_BLOCKS = 64
BYTES_PER_TOKEN_ID = 8
"""In a header, where ids are in base64."""
BYTES_PER_TENSOR = 512
"""Of a header."""


@dataclass(frozen=True, slots=True)
class ParcelBounds:
    """Most blocks of a parcel, most tokens in all of them together, and most bytes of its files."""

    num_blocks: int
    num_block_tokens: int
    num_bytes: int

    @classmethod
    def of(
        cls,
        num_tokens: int,
        block_size: int,
        bytes_per_token: int,
        snapshot_bytes: int,
        num_tensors: int,
    ) -> "ParcelBounds":
        """Of a sequence of `num_tokens`. snapshot_bytes: of the windows and states of one snapshot.
        num_tensors: of one block."""
        full = -(-num_tokens // block_size)
        num_blocks = SPARE_BLOCKS + CUTS * BLOCKS_PER_FULL * full
        num_block_tokens = CUTS * num_tokens + SPARE_BLOCKS * block_size
        num_bytes = num_block_tokens * (bytes_per_token + BYTES_PER_TOKEN_ID)
        num_bytes += num_blocks * (num_tensors + 2) * BYTES_PER_TENSOR
        return cls(num_blocks, num_block_tokens, num_bytes + MAX_SNAPSHOTS * snapshot_bytes)

    def select(self, blocks: Sequence[Block], block_size: int) -> list[Block]:
        """Those of `blocks` that may travel, in their order. When there are too many, short blocks
        and earlier snapshots stay: they are computed again."""
        snapshots = [block for block in blocks if block.is_snapshot]
        snapshots.sort(key=lambda block: block.num_before + block.num_tokens)
        others = [block for block in blocks if not block.is_snapshot]
        others.sort(key=lambda block: block.num_tokens < block_size)
        chosen: set[str] = set()
        num_tokens = 0
        for block in (*snapshots[-MAX_SNAPSHOTS:], *others):
            num_tokens += block.num_tokens
            if len(chosen) == self.num_blocks or num_tokens > self.num_block_tokens:
                break
            chosen.add(block.hash)
        return [block for block in blocks if block.hash in chosen]
