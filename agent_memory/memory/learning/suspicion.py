"""Items that feedback says should be superseded or merged: for consolidation to decide."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.learning.tally import last_words


class SuspicionKind(StrEnum):
    OUTDATED = "outdated"
    """Supersede it: by `other_item_id`, or by nothing that is known."""
    DUPLICATE = "duplicate"
    """Merge it into `other_item_id`, or into what consolidation finds."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """`because_of`: the feedback, so that it falls when that is withdrawn."""

    kind: SuspicionKind
    item_id: ItemId
    other_item_id: ItemId | None
    because_of: tuple[str, ...]


_KINDS = {
    Verdict.OUTDATED: SuspicionKind.OUTDATED,
    Verdict.DUPLICATE: SuspicionKind.DUPLICATE,
}


def suspicions(feedback: Iterable[Feedback]) -> tuple[Suspicion, ...]:
    """Each once, in the order that they came up in; an item is neither its own duplicate nor its
    own successor."""
    found: dict[tuple[SuspicionKind, ItemId, ItemId | None], list[str]] = {}
    for one in last_words(feedback):
        kind = _KINDS.get(one.verdict)
        if kind is not None and one.other_item_id != one.item_id:
            found.setdefault((kind, one.item_id, one.other_item_id), []).append(one.feedback_id)
    return tuple(
        Suspicion(kind, item_id, other_item_id, tuple(because_of))
        for (kind, item_id, other_item_id), because_of in found.items()
    )
