"""One score out of all signs: log-linear, so that each sign multiplies it by a bounded factor.

Measured on LoCoMo, each conversation with weights fitted to the others: R@10 84, nDCG@10 68; the
maximum-normalised sum of own and window BM25 gives 79 and 60, its reciprocal rank fusion with the
cosines 69 and 47: it throws away by how much an item is ahead.
"""

from collections.abc import Mapping
from math import exp

import numpy as np

from agent_memory.memory.search.lexical import Floats

TEMPERATURE = 5.0
"""A unit of weighted signs makes the score e^(1/5), a fifth, higher."""
FACTORS = ("superseded", "diversity", "feedback")
"""Components that multiply the score as they are."""


def fuse(components: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Above 0, and 1 at most: what has every sign to the full. Components that are neither weighted
    nor factors count for nothing."""
    total = sum(weight * components.get(name, 0.0) for name, weight in weights.items())
    score = exp((total - _fullest(weights)) / TEMPERATURE)
    for name in FACTORS:
        if name in components:
            score *= components[name]
    return score


def fuse_totals(totals: Floats, weights: Mapping[str, float]) -> list[float]:
    """What `fuse` gives for many, by their sums of weighted signs, without factors."""
    fused: list[float] = np.exp((totals - _fullest(weights)) / TEMPERATURE).tolist()
    return fused


def _fullest(weights: Mapping[str, float]) -> float:
    return sum(weight for weight in weights.values() if weight > 0)
