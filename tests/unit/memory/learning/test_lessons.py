"""The lessons of impressions and verdicts."""

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Impression, Judged, Shown, Verdict
from agent_memory.memory.learning.lessons import LARGEST_TRUST, UNJUDGED_TRUST, lessons
from tests.unit.memory.made_items import DAY_0


def judged(propensity: float = 1.0, name: str = "q", **verdicts: Verdict) -> Judged:
    """Twelve items, a to l, shown in this order."""
    shown = tuple(
        Shown(ItemId(item), rank, {"bm25": 1.0 / (rank + 1)}, propensity)
        for rank, item in enumerate("abcdefghijkl")
    )
    by_item = {ItemId(item): verdict for item, verdict in verdicts.items()}
    return Judged(Impression(name, 0, shown), DAY_0, by_item)


def test_what_was_judged_counts_in_full_and_its_neighbours_a_little() -> None:
    (lesson,) = lessons([judged(b=Verdict.HELPFUL, c=Verdict.USED, l=Verdict.NOT_HELPFUL)])
    assert [(one.gain, one.trust) for one in lesson.examples] == [
        (0.0, UNJUDGED_TRUST),
        (1.0, 1.0),
        (0.5, 1.0),
        *[(0.0, UNJUDGED_TRUST)] * 7,
        (0.0, 1.0),
    ]


def test_without_something_that_helped_there_is_nothing_to_learn() -> None:
    assert lessons([judged(a=Verdict.NOT_HELPFUL), judged(), judged(a=Verdict.OUTDATED)]) == ()


def test_what_was_improbable_weighs_more_within_bounds() -> None:
    (lesson,) = lessons([judged(0.5, a=Verdict.HELPFUL)])
    assert lesson.examples[0].trust == 2.0
    (lesson,) = lessons([judged(0.001, a=Verdict.HELPFUL)])
    assert lesson.examples[0].trust == LARGEST_TRUST


def test_lessons_come_by_id_whatever_the_order() -> None:
    one, other = judged(name="q", a=Verdict.HELPFUL), judged(name="p", a=Verdict.USED)
    assert lessons([one, other]) == lessons([other, one])
    assert [lesson.impression_id for lesson in lessons([one, other])] == ["p", "q"]
