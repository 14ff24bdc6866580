"""The log of the items that are shown."""

from agent_memory.memory.learning.arrangement import MAX_SHOWN, as_ranked
from tests.unit.memory.made_items import make_item, ranked

FIVE = ranked(*(make_item(name) for name in "abcde"))


def test_items_are_logged_in_the_order_of_their_score_and_nothing_is_left_to_chance() -> None:
    shown = as_ranked(FIVE)
    assert [one.rank for one in shown] == [0, 1, 2, 3, 4]
    assert [one.item_id for one in shown] == [entry.item.item_id for entry in FIVE]
    assert {one.propensity for one in shown} == {1.0}


def test_no_more_is_logged_than_anyone_looks_at() -> None:
    many = ranked(*(make_item(str(n)) for n in range(MAX_SHOWN + 9)))
    assert len(as_ranked(many)) == MAX_SHOWN
