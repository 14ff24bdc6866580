"""Which blocks of a prefix are faster to read than to recompute."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.cache.rebuild_cost import ATTENTION_DOUBLES_AT, Rates

MIN_GAIN_S = 0.05
"""Rates are guesses: for less than this nothing is given up that is there to be read."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a prefix: `num_bytes` are to be read for it, none when it is in memory."""

    num_tokens: int
    num_bytes: int


def num_to_restore(pieces: Sequence[Piece], rates: Rates, *, all_or_none: bool = False) -> int:
    """With how many of `pieces`, from the first on, the whole of them is there soonest: these are
    restored, and what follows them is computed. `all_or_none`: a part of them is of no use."""
    reading_s = 0.0
    computing_s = [0.0]
    num_before = 0
    for piece in pieces:
        middle = num_before + piece.num_tokens / 2
        work = piece.num_tokens * (1 + middle / ATTENTION_DOUBLES_AT)
        computing_s.append(computing_s[-1] + work / rates.prefill_tokens_per_s)
        num_before += piece.num_tokens
    costs = []
    for at in range(len(pieces) + 1):
        costs.append(reading_s + computing_s[-1] - computing_s[at])
        if at < len(pieces):
            reading_s += pieces[at].num_bytes / rates.shelf_bytes_per_s
    choices = (0, len(pieces)) if all_or_none else range(len(pieces) + 1)
    best = min(choices, key=lambda at: (costs[at], -at))
    return best if costs[-1] - costs[best] > MIN_GAIN_S else len(pieces)
