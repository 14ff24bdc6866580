"""How alike two texts are by their terms."""

import math


def term_cosine(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0 to 1: the cosine of two sets of terms."""
    if not one or not other:
        return 0.0
    return len(one & other) / math.sqrt(len(one) * len(other))
