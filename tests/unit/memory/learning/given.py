"""Feedback and lessons as tests need them."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.learning.landscape import Landscape, Range
from agent_memory.memory.learning.lessons import Example, Lesson
from tests.unit.memory.made_items import day

_NUMBERS = count()


def given(
    verdict: Verdict,
    item: str = "a",
    *,
    impression: str | None = None,
    other: str | None = None,
    at: float = 0,
    withdrawn_at: datetime | None = None,
) -> Feedback:
    return Feedback(
        feedback_id=f"fb_{next(_NUMBERS):04}",
        item_id=ItemId(item),
        verdict=verdict,
        created_at=day(at),
        impression_id=impression,
        other_item_id=None if other is None else ItemId(other),
        withdrawn_at=withdrawn_at,
    )


def lesson(name: str, *examples: tuple[Mapping[str, float], float]) -> Lesson:
    return Lesson(name, tuple(Example(components, gain, 1.0) for components, gain in examples))


def _score(components: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Relevance with two bounded boosts, as scores are made."""
    boost = 1 + weights["recency"] * (components["recency"] - 0.5)
    boost *= 1 + weights["importance"] * (components["importance"] - 0.5)
    return components["relevance"] * boost


LANDSCAPE = Landscape(_score, {"recency": Range(0.0, 0.4), "importance": Range(0.0, 0.4)})
START: Mapping[str, float] = {"recency": 0.1, "importance": 0.1, "other": 7.0}
