"""Budgets: their windows, and what fits into them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.access.budgets import (
    ALWAYS,
    Balance,
    Budget,
    Cost,
    CounterKey,
    Period,
    Unit,
    exhausted,
    holds_of,
)
from agent_memory.access.subject import Caller, Subject, SubjectKind
from agent_memory.ids import KeyId, WorkspaceId

ANN = Caller(WorkspaceId("w"), KeyId("ann"), session="s1")
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
VIENNA = "Europe/Vienna"


def budget(
    kind: SubjectKind = SubjectKind.KEY,
    id: str = "*",  # noqa: A002
    unit: Unit = Unit.TOKENS,
    amount: int = 100,
    period: Period = Period.DAY,
    zone: str = "UTC",
    name: str = "b",
) -> Budget:
    return Budget(name, Subject(kind, id), unit, Decimal(amount), period, zone)


def test_a_day_begins_at_midnight_of_its_time_zone() -> None:
    late = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert budget().window_start(late) == datetime(2026, 7, 1, tzinfo=UTC)
    assert budget(zone=VIENNA).window_start(late) == datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_a_day_on_which_the_clock_changes_is_an_hour_shorter() -> None:
    changing = datetime(2026, 3, 29, 12, tzinfo=UTC)
    day = budget(zone=VIENNA)
    reset = day.resets_at(changing)
    assert reset is not None
    assert reset - day.window_start(changing) == timedelta(hours=23)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_resets_on_the_first_of_the_next(month: int) -> None:
    last_day = datetime(2026, month, 28, 23, 59, tzinfo=UTC)
    following = datetime(2026 + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    assert budget(period=Period.MONTH).resets_at(last_day) == following


def test_a_total_never_begins_again() -> None:
    total = budget(period=Period.TOTAL)
    assert (total.window_start(NOON), total.resets_at(NOON)) == (ALWAYS, None)


def test_a_request_is_held_of_every_budget_that_counts_it() -> None:
    budgets = [
        budget(SubjectKind.WORKSPACE, name="d"),
        budget(SubjectKind.SESSION, name="c"),
        budget(SubjectKind.KEY, "bob", name="b"),
        budget(SubjectKind.AGENT, name="a"),
        budget(SubjectKind.KEY, "ann", unit=Unit.USD, name="e"),
    ]
    holds = holds_of(budgets, ANN, Cost(7, Decimal("0.5")), NOON)
    assert [(hold.counter.budget_id, hold.counter.subject_id, hold.amount) for hold in holds] == [
        ("c", "s1", 7),
        ("d", "w", 7),
        ("e", "ann", Decimal("0.5")),
    ]


def test_a_budget_that_is_used_up_refuses_what_is_free_too() -> None:
    holds = holds_of([budget()], ANN, Cost(0, Decimal(0)), NOON)
    assert exhausted(holds, {holds[0].counter: Balance(Decimal(99))}) is None
    assert exhausted(holds, {holds[0].counter: Balance(Decimal(60), Decimal(40))}) == holds[0]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1), st.booleans()), min_size=1, max_size=40)
)
def test_nothing_is_overspent_whatever_the_order_of_reserving_and_settling(
    steps: list[tuple[int, float, bool]],
) -> None:
    """Requests overlap: some are settled at once, some at the end; none uses more than it held."""
    budgets = [budget(name="key"), budget(SubjectKind.WORKSPACE, amount=150, name="all")]
    spent: dict[CounterKey, Decimal] = {}
    held: dict[CounterKey, Decimal] = {}
    later = []

    def settle(holds: tuple, used: int) -> None:  # type: ignore[type-arg]
        for hold in holds:
            held[hold.counter] -= hold.amount
            spent[hold.counter] = spent.get(hold.counter, Decimal(0)) + used

    for most, share, is_late in steps:
        holds = holds_of(budgets, ANN, Cost(most, Decimal(0)), NOON)
        balances = {
            hold.counter: Balance(
                spent.get(hold.counter, Decimal(0)), held.get(hold.counter, Decimal(0))
            )
            for hold in holds
        }
        if exhausted(holds, balances) is not None:
            continue
        for hold in holds:
            held[hold.counter] = held.get(hold.counter, Decimal(0)) + hold.amount
        if is_late:
            later.append((holds, int(most * share)))
        else:
            settle(holds, int(most * share))
    for holds, used in later:
        settle(holds, used)
    assert all(amount <= 100 for key, amount in spent.items() if key.budget_id == "key")
    assert all(amount == 0 for amount in held.values())
