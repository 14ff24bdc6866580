"""Statements about one subject: which holds when."""

from datetime import datetime
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.memory.consolidation.history import settle_history
from agent_memory.memory.consolidation.plan import Action, ActionKind, ConsolidationPlan, apply_plan
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState
from tests.unit.memory.made_items import day, make_item

NOW = day(100)


def statement(text: str, at: datetime) -> Item:
    return make_item(text, ItemKind.DECISION, at=at, subject="database")


def settled(items: list[Item]) -> list[Item]:
    changes = settle_history(items, NOW)
    plan = ConsolidationPlan((Action(ActionKind.SUPERSEDE, "test", changes),))
    return list(apply_plan(plan, items))


def test_a_newer_statement_closes_the_older_one() -> None:
    older, newer = settled([statement("we use MySQL", day(1)), statement("we use SQLite", day(2))])

    assert (older.state, older.valid_to, older.retired_at) == (ItemState.SUPERSEDED, day(2), NOW)
    assert older.successor_id == newer.item_id
    assert (newer.state, newer.valid_to, newer.successor_id) == (ItemState.ACTIVE, None, None)


def test_an_older_statement_that_arrives_late_becomes_history() -> None:
    first, current = settled(
        [statement("we use MySQL", day(1)), statement("we use SQLite", day(5))]
    )
    first, current, late = settled([first, current, statement("we use Oracle", day(3))])

    assert (first.valid_to, first.successor_id) == (day(3), late.item_id)
    assert (late.state, late.valid_to, late.successor_id) == (
        ItemState.SUPERSEDED, day(5), current.item_id,
    )  # fmt: skip
    assert current.state is ItemState.ACTIVE


def test_the_same_statement_again_proves_the_one_that_stands() -> None:
    kept, again = settled([statement("we use MySQL", day(1)), statement("We use MySQL!", day(2))])

    assert (kept.state, kept.num_occurrences, kept.last_occurred_at) == (
        ItemState.ACTIVE, 2, day(2),
    )  # fmt: skip
    assert (again.state, again.successor_id) == (ItemState.MERGED, kept.item_id)


def test_going_back_to_what_was_before_is_a_new_statement() -> None:
    first, second = settled([statement("we use MySQL", day(1)), statement("we use SQLite", day(2))])
    first, second, third = settled([first, second, statement("we use MySQL", day(3))])

    assert [first.state, second.state, third.state] == [
        ItemState.SUPERSEDED, ItemState.SUPERSEDED, ItemState.ACTIVE,
    ]  # fmt: skip
    assert (second.valid_to, second.successor_id) == (day(3), third.item_id)


def test_when_the_newest_is_gone_the_one_before_holds_again() -> None:
    older, _ = settled([statement("we use MySQL", day(1)), statement("we use SQLite", day(2))])

    (again,) = settled([older])

    assert (again.state, again.valid_to, again.successor_id) == (ItemState.ACTIVE, None, None)


def test_the_order_of_arrival_makes_no_difference() -> None:
    statements = [statement(f"we use engine {n}", day(n)) for n in range(4)]

    outcomes = set()
    for order in permutations(statements):
        held: list[Item] = []
        for item in order:
            held = settled([*held, item])
        outcomes.add(tuple(sorted((i.item_id, i.state, i.valid_to, i.successor_id) for i in held)))

    assert len(outcomes) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=8))
def test_periods_never_overlap_and_settling_again_changes_nothing(
    said: list[tuple[int, int]],
) -> None:
    items = settled([statement(f"we use engine {engine}", day(at)) for engine, at in said])

    held = sorted(
        (item.valid_from, item.valid_to or NOW) for item in items if item.state != ItemState.MERGED
    )
    assert all(end <= begin for (_, end), (begin, _) in pairwise(held))
    assert sum(item.state is ItemState.ACTIVE for item in items) == min(1, len(items))
    assert settle_history(items, NOW) == ()
