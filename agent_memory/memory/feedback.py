"""The items that were shown, and the verdicts on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent_memory.ids import ItemId
from agent_memory.memory.learning.likeness import Question


class Verdict(StrEnum):
    HELPFUL = "helpful"
    NOT_HELPFUL = "not_helpful"
    OUTDATED = "outdated"
    DUPLICATE = "duplicate"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Shown:
    """An item at a rank, from 0, of what was recalled, with the components of its score.

    propensity: how probable it was at this rank; 1 unless ranks were swapped to explore.
    """

    item_id: ItemId
    rank: int
    components: Mapping[str, float]
    propensity: float = 1.0


@dataclass(frozen=True, slots=True)
class Impression:
    """One recall: what it showed, ranked by which weights. Version 0 are the default ones.

    question: what was asked, where that is known; None when impressions are read back.
    """

    impression_id: str
    weights_version: int
    shown: tuple[Shown, ...]
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was said of one item. `other_item_id`: what it duplicates, or what outdated it.

    impression_id: the recall that showed it, where that is known.
    """

    feedback_id: str
    item_id: ItemId
    verdict: Verdict
    created_at: datetime
    impression_id: str | None = None
    other_item_id: ItemId | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """An impression with what was said of the items it showed, by item; the last word counts."""

    impression: Impression
    created_at: datetime
    verdicts: Mapping[ItemId, Verdict]
