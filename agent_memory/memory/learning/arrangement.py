"""In which order ranked items are shown, and how probable that was: logged, to be learned from."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.memory.feedback import Shown
from agent_memory.memory.search.recalled import Recalled

MAX_SHOWN = 50
"""Of what was ranked, so many are logged."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """Ranked items as they are shown, each with its propensity."""

    recalled: tuple[Recalled, ...]
    propensities: tuple[float, ...]

    def shown(self) -> tuple[Shown, ...]:
        """What is to be logged of it."""
        entries = zip(self.recalled[:MAX_SHOWN], self.propensities, strict=False)
        return tuple(
            Shown(entry.item.item_id, rank, dict(entry.components), propensity)
            for rank, (entry, propensity) in enumerate(entries)
        )


def as_ranked(recalled: Sequence[Recalled]) -> Arranged:
    """Shown in the order of the score: nothing is left to chance."""
    return Arranged(tuple(recalled), (1.0,) * len(recalled))


def with_exploration(
    recalled: Sequence[Recalled], epsilon: float, chance: random.Random
) -> Arranged:
    """Neighbours, by twos from the top, change places with probability `epsilon`, below a half:
    so that what would never be shown higher gets a chance to prove itself."""
    order = list(recalled)
    propensities = [1.0] * len(order)
    for at in range(0, len(order) - 1, 2):
        is_swapped = chance.random() < epsilon
        if is_swapped:
            order[at], order[at + 1] = order[at + 1], order[at]
        propensities[at] = propensities[at + 1] = epsilon if is_swapped else 1 - epsilon
    return Arranged(tuple(order), tuple(propensities))
