"""An order in which each says something that those before it did not.

Maximal marginal relevance: J. Carbonell, J. Goldstein, "The use of MMR" (SIGIR 1998).
"""

from collections.abc import Sequence

from agent_memory.memory.search.terms import query_terms
from agent_memory.memory.workingset.contenders import Contender
from agent_memory.memory.workingset.likeness import term_cosine

WEIGHT_OF_WORTH = 0.7
LOOKED_AT = 64
"""Those after so many keep their order."""


def varied(entries: Sequence[Contender]) -> list[Contender]:
    """At each place the one whose worth, less its likeness to what stands before, is greatest."""
    waiting = [(entry, frozenset(query_terms(entry.item.text))) for entry in entries[:LOOKED_AT]]
    likeness = [0.0] * len(waiting)
    ordered: list[Contender] = []
    while waiting:
        at = max(range(len(waiting)), key=lambda i: _gain(waiting[i][0].worth, likeness[i]))
        entry, terms = waiting.pop(at)
        likeness.pop(at)
        ordered.append(entry)
        for i, (_, others) in enumerate(waiting):
            likeness[i] = max(likeness[i], term_cosine(terms, others))
    return [*ordered, *entries[LOOKED_AT:]]


def _gain(worth: float, likeness: float) -> float:
    return WEIGHT_OF_WORTH * worth - (1 - WEIGHT_OF_WORTH) * likeness
