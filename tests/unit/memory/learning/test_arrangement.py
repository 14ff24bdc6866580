"""In which order items are shown, and what is logged of it."""

import random

from agent_memory.memory.learning.arrangement import MAX_SHOWN, as_ranked, with_exploration
from tests.unit.memory.made_items import make_item, ranked

FIVE = ranked(*(make_item(name) for name in "abcde"))


def test_nothing_is_left_to_chance_unless_asked_for() -> None:
    shown = as_ranked(FIVE).shown()
    assert [one.rank for one in shown] == [0, 1, 2, 3, 4]
    assert [one.item_id for one in shown] == [entry.item.item_id for entry in FIVE]
    assert {one.propensity for one in shown} == {1.0}
    chance = random.Random(1)  # noqa: S311  reproducible
    assert with_exploration(FIVE, 0.0, chance) == as_ranked(FIVE)


def test_neighbours_change_places_as_often_as_asked_for() -> None:
    chance = random.Random(1)  # noqa: S311  reproducible
    arranged = [with_exploration(FIVE, 0.1, chance) for _ in range(2000)]
    swapped = [one for one in arranged if one.recalled[0] != FIVE[0]]
    assert 150 < len(swapped) < 250
    for one in arranged:
        assert {entry.item.item_id for entry in one.recalled[:2]} == {
            entry.item.item_id for entry in FIVE[:2]
        }
        assert one.propensities[0] == (0.9 if one.recalled[0] == FIVE[0] else 0.1)
        assert one.propensities[4] == 1.0


def test_no_more_is_logged_than_anyone_looks_at() -> None:
    many = ranked(*(make_item(str(n)) for n in range(MAX_SHOWN + 9)))
    assert len(as_ranked(many).shown()) == MAX_SHOWN
