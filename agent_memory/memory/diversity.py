"""Saying something new with every item, not the same thing again.

Maximal marginal relevance (J. Carbonell, J. Goldstein, SIGIR 1998) over sets of terms, as a
factor on the score: what has been said already, nearly word for word, counts less.
"""

from collections.abc import Sequence
from math import sqrt

LOOKED_AT = 20
"""Those further down keep their order."""
_ALIKE = 0.6
"""Cosine up to which two items are different things to say."""
_LARGEST_EFFECT = 0.4


def diversity_factors(scores: Sequence[float], terms: Sequence[frozenset[str]]) -> list[float]:
    """A factor from 0.6 to 1 for each item; scores descend, `terms` are the items' own."""
    factors = [1.0] * len(scores)
    waiting = list(range(min(len(scores), LOOKED_AT)))
    while waiting:
        best = max(waiting, key=lambda at: scores[at] * factors[at])
        waiting.remove(best)
        said = terms[best]
        for at in waiting:
            likeness = _cosine(said, terms[at])
            if likeness > _ALIKE:
                factors[at] = min(factors[at], _factor(likeness))
    return factors


def _factor(likeness: float) -> float:
    return 1.0 - _LARGEST_EFFECT * (likeness - _ALIKE) / (1.0 - _ALIKE)


def _cosine(one: frozenset[str], other: frozenset[str]) -> float:
    num_common = len(one & other)
    return num_common / sqrt(len(one) * len(other)) if num_common else 0.0
