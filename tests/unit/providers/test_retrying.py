"""When a call to an upstream server is made again."""

from datetime import UTC, datetime

import pytest

from agent_memory.providers.retrying import Backoff, Verdict, judge, read_retry_after

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (529, Verdict.AGAIN),
        (408, Verdict.AGAIN),
        (400, Verdict.BAD_INPUT),
        (413, Verdict.BAD_INPUT),
        (401, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (301, Verdict.REFUSED),
    ],
)
def test_a_status_says_whether_to_try_again(status: int, verdict: Verdict) -> None:
    assert judge(status) is verdict


def test_pauses_double_and_end() -> None:
    backoff = Backoff(max_attempts=4, first_pause_s=1.0)

    assert [backoff.pause_s(n, None, 0.0) for n in range(1, 5)] == [1.0, 2.0, 4.0, None]


def test_chance_shortens_a_pause_by_up_to_half() -> None:
    assert Backoff(first_pause_s=1.0).pause_s(1, None, 1.0) == 0.5


def test_the_server_may_ask_for_a_longer_pause_but_not_for_any() -> None:
    backoff = Backoff()

    assert backoff.pause_s(1, 7.0, 0.0) == 7.0
    assert backoff.pause_s(1, 600.0, 0.0) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("0.5", 0.5),
        ("Fri, 01 May 2026 12:00:09 GMT", 9.0),
        ("Fri, 01 May 2026 11:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, NOW) == seconds
