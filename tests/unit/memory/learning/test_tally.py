"""Counting feedback."""

from dataclasses import replace

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Verdict
from agent_memory.memory.learning.tally import Tally, last_words, tallies_on, tally
from tests.unit.memory.learning.given import given
from tests.unit.memory.made_items import day, make_item

A = ItemId("a")


def test_of_one_question_the_last_judgement_counts() -> None:
    feedback = [
        given(Verdict.NOT_HELPFUL, impression="q", at=2),
        given(Verdict.HELPFUL, impression="q", at=1),
        given(Verdict.HELPFUL, impression="r", at=1),
        given(Verdict.USED, impression="q", at=0),
    ]
    assert tally(feedback) == {A: Tally(num_helpful=1, num_used=1)}


def test_saying_it_again_counts_once() -> None:
    assert tally([given(Verdict.HELPFUL, impression="q", at=n) for n in range(5)]) == {A: Tally(1)}


def test_not_helping_with_one_question_says_nothing_of_others() -> None:
    assert tally([given(Verdict.NOT_HELPFUL, impression="q")])[A].num_not_helpful == 0
    assert tally([given(Verdict.NOT_HELPFUL)])[A].num_not_helpful == 1


def test_that_it_is_outdated_holds_for_every_question_and_counts_once() -> None:
    feedback = [given(Verdict.OUTDATED, impression=name) for name in ("q", "r")]
    assert tally([*feedback, given(Verdict.DUPLICATE)])[A] == Tally(num_not_helpful=2)


def test_what_was_withdrawn_is_as_if_it_had_never_been_given() -> None:
    earlier = given(Verdict.HELPFUL, at=1)
    withdrawn = given(Verdict.NOT_HELPFUL, at=2, withdrawn_at=day(3))
    assert last_words([earlier, withdrawn]) == [earlier]


def test_what_is_counted_on_items_can_be_used_as_it_is() -> None:
    counted = replace(make_item("x", item_id="a"), num_helpful=2, num_uses=3)
    assert tallies_on([counted, make_item("y")]) == {A: Tally(2, 0, 3)}
