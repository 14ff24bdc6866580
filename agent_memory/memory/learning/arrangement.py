"""The log of ranked items as they are shown, to be learned from."""

from collections.abc import Sequence

from agent_memory.memory.feedback import Shown
from agent_memory.memory.search.recalled import Recalled

MAX_SHOWN = 50
"""Of what was ranked, so many are logged."""


def as_ranked(recalled: Sequence[Recalled]) -> tuple[Shown, ...]:
    """Shown in the order of the score: nothing is left to chance."""
    return tuple(
        Shown(entry.item.item_id, rank, dict(entry.components))
        for rank, entry in enumerate(recalled[:MAX_SHOWN])
    )
