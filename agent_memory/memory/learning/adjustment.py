"""Ranked items, put in order again by what feedback says of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from agent_memory.ids import ItemId
from agent_memory.memory.learning.salience import LARGEST_EFFECT, salience_factor
from agent_memory.memory.learning.tally import Tally
from agent_memory.memory.search.recalled import Recalled

COMPONENT = "feedback"
"""Under this name the factor stands among the components."""


def feedback_factors(
    tallies: Mapping[ItemId, Tally], relevance: Mapping[ItemId, float]
) -> Mapping[ItemId, float]:
    """Salience times relevance, within `LARGEST_EFFECT` of 1; items without feedback have none."""
    factors = {
        item_id: salience_factor(one.num_helpful, one.num_not_helpful, one.num_used)
        for item_id, one in tallies.items()
    }
    for item_id, factor in relevance.items():
        factors[item_id] = factors.get(item_id, 1.0) * factor
    return {
        item_id: min(1 + LARGEST_EFFECT, max(1 - LARGEST_EFFECT, factor))
        for item_id, factor in factors.items()
        if factor != 1
    }


def with_feedback(
    recalled: Iterable[Recalled], factors: Mapping[ItemId, float]
) -> tuple[Recalled, ...]:
    """Scores multiplied by their factors, in the order of the new scores; of equal ones, in the
    order they had. Without factors everything is as it was."""
    adjusted = [_adjusted(entry, factors.get(entry.item.item_id)) for entry in recalled]
    return tuple(sorted(adjusted, key=lambda entry: -entry.score))


def _adjusted(entry: Recalled, factor: float | None) -> Recalled:
    if factor is None:
        return entry
    components = {**entry.components, COMPONENT: factor}
    score = entry.score * factor if entry.score >= 0 else entry.score / factor
    return replace(entry, score=score, components=components)
