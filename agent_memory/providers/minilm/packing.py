"""Which texts go through the network together."""

from collections.abc import Sequence

PACK_TOKENS = 512
"""Enough for full speed on one core; more would only make the next in line wait."""


def pack(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of texts, sorted by length, in packs of up to `PACK_TOKENS` tokens (a longer text
    alone). Nothing is padded, and texts of equal length stand side by side."""
    packs: list[list[int]] = []
    num_tokens = PACK_TOKENS
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        num_tokens += lengths[index]
        if num_tokens > PACK_TOKENS:
            packs.append([])
            num_tokens = lengths[index]
        packs[-1].append(index)
    return packs
