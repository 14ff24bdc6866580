"""Saying something new with every item, not the same thing again.

Maximal marginal relevance (J. Carbonell, J. Goldstein, SIGIR 1998) over sets of terms, as a
factor on the score: what has been said already, nearly word for word, counts less.
"""

from collections.abc import Collection, Sequence
from math import sqrt

LOOKED_AT = 20
"""Those further down keep their order."""
_ALIKE = 0.6
"""Cosine up to which two items are different things to say."""
_LARGEST_EFFECT = 0.4


def diversity_factors(scores: Sequence[float], terms: Sequence[Collection[str]]) -> list[float]:
    """A factor from 0.6 to 1 for each item; scores descend, `terms` are the items' own, each
    once."""
    factors = [1.0] * len(scores)
    alike = _alike(terms[:LOOKED_AT])
    waiting = set(alike)
    while waiting:
        best = min(waiting, key=lambda at: (-scores[at] * factors[at], at))
        waiting.remove(best)
        for at, likeness in alike[best].items():
            if at in waiting:
                factors[at] = min(factors[at], _factor(likeness))
    return factors


def _factor(likeness: float) -> float:
    return 1.0 - _LARGEST_EFFECT * (likeness - _ALIKE) / (1.0 - _ALIKE)


def _alike(terms: Sequence[Collection[str]]) -> dict[int, dict[int, float]]:
    """The places of those that say what others say, with how like them they are."""
    alike: dict[int, dict[int, float]] = {}
    sets = [frozenset(some) for some in terms]
    for one, its_terms in enumerate(sets):
        for other in range(one):
            likeness = _cosine(its_terms, sets[other])
            if likeness > _ALIKE:
                alike.setdefault(one, {})[other] = likeness
                alike.setdefault(other, {})[one] = likeness
    return alike


def _cosine(one: frozenset[str], other: frozenset[str]) -> float:
    num_common = len(one & other)
    return num_common / sqrt(len(one) * len(other)) if num_common else 0.0
