"""Saying something new with every item, not the same thing again.

Maximal marginal relevance (J. Carbonell, J. Goldstein, SIGIR 1998) over sets of terms, as a
factor on the score: what has been said already, nearly word for word, counts less.
"""

from collections.abc import Sequence
from math import sqrt

LOOKED_AT = 30
"""Those further down keep their order."""
_ALIKE = 0.6
"""Cosine up to which two items are different things to say."""
_LARGEST_EFFECT = 0.4


def diversity_factors(scores: Sequence[float], terms: Sequence[frozenset[str]]) -> list[float]:
    """A factor from 0.6 to 1 for each item; scores descend, `terms` are the items' own."""
    num = min(len(scores), LOOKED_AT)
    factors = [1.0] * len(scores)
    waiting = list(range(num))
    while waiting:
        best = max(waiting, key=lambda at: scores[at] * factors[at])
        waiting.remove(best)
        for at in waiting:
            factors[at] = min(factors[at], _factor(_cosine(terms[best], terms[at])))
    return factors


def _factor(likeness: float) -> float:
    return 1.0 - _LARGEST_EFFECT * max(0.0, likeness - _ALIKE) / (1.0 - _ALIKE)


def _cosine(one: frozenset[str], other: frozenset[str]) -> float:
    if not one or not other:
        return 0.0
    return len(one & other) / sqrt(len(one) * len(other))
