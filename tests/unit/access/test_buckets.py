"""Token buckets as functions of state and time."""

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.access.buckets import (
    LONGEST_WAIT_S,
    Draw,
    Level,
    corrected,
    drawn,
    level_of,
    refusal_of,
    wait_for,
)

ONE = Draw("a", capacity=10, per_s=60, amount=1)
STEPS = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0, 15), st.floats(0, 15)), min_size=1, max_size=60
)


def test_a_bucket_that_was_never_used_is_full() -> None:
    assert level_of(ONE, None, now=5) == 10


def test_a_bucket_fills_up_evenly_and_no_further() -> None:
    empty = Level(0, at=0)
    assert level_of(ONE, empty, now=30) == 5
    assert level_of(ONE, empty, now=600) == 10


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    assert level_of(ONE, Level(4, at=100), now=0) == 4


def test_what_is_missing_says_how_long_to_wait() -> None:
    assert wait_for(ONE, Level(0, at=0), now=0) == 6
    assert wait_for(ONE, Level(0, at=0), now=6) == 0


def test_a_draw_of_more_than_a_bucket_holds_takes_all_of_it() -> None:
    large = Draw("a", 10, 60, amount=99)
    assert refusal_of([large], {}, 0) is None
    assert drawn([large], {}, 0)["a"].amount == 0


def test_a_bucket_of_nothing_refuses_what_asks_for_anything() -> None:
    nothing = Draw("a", 0, 60, amount=1)
    refusal = refusal_of([nothing], {}, 0)
    assert refusal is not None
    assert refusal.wait_s == LONGEST_WAIT_S


def test_the_bucket_that_takes_longest_is_named() -> None:
    slow = Draw("b", capacity=1, per_s=3600, amount=1)
    refusal = refusal_of([ONE, slow], {"a": Level(0, 0), "b": Level(0, 0)}, 0)
    assert refusal is not None
    assert (refusal.key, refusal.wait_s) == ("b", 3600)


def test_more_than_was_taken_leaves_a_debt_and_less_gives_back() -> None:
    draw = Draw("a", 10, 60, amount=4)
    after = drawn([draw], {}, 0)
    assert corrected([draw], [9], after, 0)["a"].amount == 1
    assert corrected([draw], [1], after, 0)["a"].amount == 9
    assert corrected([draw], [30], after, 0)["a"].amount == -20


@given(STEPS)
def test_no_more_is_used_than_a_full_bucket_and_what_flowed_in(
    steps: list[tuple[float, float, float]],
) -> None:
    """The debt that one answer may leave is all by which a bucket is ever exceeded."""
    levels: dict[str, Level] = {}
    now = used = largest_debt = 0.0
    for pause, asked, really in steps:
        now += pause
        draw = Draw("a", 10, 60, asked)
        if refusal_of([draw], levels, now) is not None:
            continue
        levels |= drawn([draw], levels, now)
        levels |= corrected([draw], [really], levels, now)
        used += really
        largest_debt = max(largest_debt, really - draw.taken, 0)
    assert used <= 10 + now / 6 + largest_debt + 1e-6


@given(STEPS)
def test_who_waits_as_long_as_told_is_admitted(steps: list[tuple[float, float, float]]) -> None:
    levels: dict[str, Level] = {}
    now = 0.0
    for pause, asked, _ in steps:
        now += pause
        draw = Draw("a", 10, 60, asked)
        refusal = refusal_of([draw], levels, now)
        if refusal is not None:
            now += refusal.wait_s + 1e-6
            assert refusal_of([draw], levels, now) is None
        levels |= drawn([draw], levels, now)
