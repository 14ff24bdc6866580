"""When the schedule's jobs are due."""

from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.work.period import Period

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "cron"),
    [
        (Period(15, 4), "4,19,34,49 * * * *"),
        (Period(60, 17), "17 * * * *"),
        (Period(6 * 60, 90), "30 1,7,13,19 * * *"),
        (Period(24 * 60, 190), "10 3 * * *"),
    ],
)
def test_a_period_is_told_to_the_queue_as_cron(period: Period, cron: str) -> None:
    assert period.cron == cron


@pytest.mark.parametrize(
    ("period", "now", "next_at"),
    [
        (Period(5), NOON, NOON + timedelta(minutes=5)),
        (Period(5), NOON - timedelta(seconds=1), NOON),
        (Period(60, 17), NOON, NOON + timedelta(minutes=17)),
        (Period(60, 17), NOON + timedelta(minutes=20), NOON + timedelta(minutes=77)),
        (Period(24 * 60, 190), NOON, datetime(2026, 5, 2, 3, 10, tzinfo=UTC)),
        (Period(24 * 60, 190), NOON.replace(hour=1), datetime(2026, 5, 1, 3, 10, tzinfo=UTC)),
    ],
)
def test_the_next_time_is_after_now(period: Period, now: datetime, next_at: datetime) -> None:
    assert period.next_at(now) == next_at


@pytest.mark.parametrize(("minutes", "offset"), [(7, 0), (90, 0), (5, 5), (5, -1), (2880, 0)])
def test_what_does_not_divide_the_day_is_no_period(minutes: int, offset: int) -> None:
    with pytest.raises(ValueError, match="no period"):
        Period(minutes, offset)
