from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.store.cursors import Cursor

WHEN = datetime(2026, 5, 1, 12, 30, 0, 123456, tzinfo=UTC)


def test_a_cursor_comes_back_as_it_was() -> None:
    cursor = Cursor(WHEN, "sess_a:b.c-d")

    assert Cursor.decode(cursor.encode()) == cursor


def test_a_cursor_is_the_same_in_every_time_zone() -> None:
    elsewhere = WHEN.astimezone(timezone(timedelta(hours=5)))

    assert Cursor(elsewhere, "one").encode() == Cursor(WHEN, "one").encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "é",
        "YWJj",
        "a" * 5,
        Cursor(WHEN, "one").encode() + "=",
        urlsafe_b64encode(b"2026-05-01T00:00:00 one").decode().rstrip("="),
        urlsafe_b64encode(b"2026-05-01T00:00:00+00:00 a\x00b").decode().rstrip("="),
    ],
)
def test_what_is_no_cursor_of_ours_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Cursor.decode(text)

    assert refused.value.param == "cursor"
