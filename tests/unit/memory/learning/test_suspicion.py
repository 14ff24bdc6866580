"""Outdated and duplicate become work for consolidation."""

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Verdict
from agent_memory.memory.learning.suspicion import Suspicion, SuspicionKind, suspicions
from tests.unit.memory.learning.given import given
from tests.unit.memory.made_items import day


def test_each_is_suspected_once_because_of_all_that_was_said() -> None:
    first = given(Verdict.OUTDATED, "a", other="b", impression="q", at=1)
    second = given(Verdict.OUTDATED, "a", other="b", impression="r", at=2)
    twin = given(Verdict.DUPLICATE, "c", at=3)
    assert suspicions([twin, second, first, given(Verdict.HELPFUL, "d")]) == (
        Suspicion(
            SuspicionKind.OUTDATED,
            ItemId("a"),
            ItemId("b"),
            (first.feedback_id, second.feedback_id),
        ),
        Suspicion(SuspicionKind.DUPLICATE, ItemId("c"), None, (twin.feedback_id,)),
    )


def test_nothing_is_its_own_duplicate_and_what_was_withdrawn_is_no_reason() -> None:
    itself = given(Verdict.DUPLICATE, "a", other="a")
    withdrawn = given(Verdict.OUTDATED, "b", withdrawn_at=day(1))
    assert suspicions([itself, withdrawn]) == ()
