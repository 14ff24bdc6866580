"""Times in the forms in which programs and people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from agent_memory.memory.dates.written import begins_with_timestamp, find_timestamp, parse_datetime

NEAR = datetime(2024, 5, 15, 12, 0, tzinfo=UTC)
CEST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2024-05-01T10:00:00Z x", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00.123456789+02:00", datetime(2024, 5, 1, 10, 0, 0, 123456, CEST)),
        ("2024-05-01 10:00:00,250 INFO", datetime(2024, 5, 1, 10, 0, 0, 250000, UTC)),
        ("[2024/05/01 10:00:00] x", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("May  1 10:00:00 host sshd[3]: x", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("Dec 31 23:00:00 host x", datetime(2023, 12, 31, 23, tzinfo=UTC)),
        (
            '1.2.3.4 - - [01/May/2024:10:00:00 +0200] "GET /"',
            datetime(2024, 5, 1, 10, tzinfo=CEST),
        ),
        ("I0501 10:00:00.000001 1 a.go:3] x", datetime(2024, 5, 1, 10, 0, 0, 1, UTC)),
        ("time=2024-05-01T10:00:00Z level=info", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("1714557600.5 x", datetime(2024, 5, 1, 10, 0, 0, 500000, UTC)),
        ("Wed, 01 May 2024 10:00:00 +0200", datetime(2024, 5, 1, 10, tzinfo=CEST)),
        ("20240501T100000Z x", datetime(2024, 5, 1, 10, tzinfo=UTC)),
    ],
)
def test_the_time_of_a_line_is_read(line: str, expected: datetime) -> None:
    found = find_timestamp(line, NEAR)
    assert found == expected
    assert found is not None
    assert found.utcoffset() == expected.utcoffset()
    assert begins_with_timestamp(line)


@pytest.mark.parametrize(
    "line", ["no time", "version 2024.1", "2024-13-45 10:00:00", "at 12:30 we met", "12345678901 x"]
)
def test_what_is_no_time_is_none(line: str) -> None:
    assert find_timestamp(line, NEAR) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:56 pm on 8 May, 2023", datetime(2023, 5, 8, 13, 56, tzinfo=UTC)),
        ("12:05 am on 8 May, 2023", datetime(2023, 5, 8, 0, 5, tzinfo=UTC)),
        ("8 May 2023", datetime(2023, 5, 8, tzinfo=UTC)),
        ("May 8th, 2023 at 3 pm", datetime(2023, 5, 8, 15, tzinfo=UTC)),
        ("Monday, 8 May 2023", datetime(2023, 5, 8, tzinfo=UTC)),
        ("13/05/2023, 15:04", datetime(2023, 5, 13, 15, 4, tzinfo=UTC)),
        ("5/13/23, 3:04 PM", datetime(2023, 5, 13, 15, 4, tzinfo=UTC)),
        ("Wed May 1 12:00:00 2024 +0200", datetime(2024, 5, 1, 12, tzinfo=CEST)),
        ("2023-05-08", datetime(2023, 5, 8, tzinfo=UTC)),
    ],
)
def test_a_whole_text_may_be_a_time_as_people_write_it(text: str, expected: datetime) -> None:
    assert parse_datetime(text, NEAR) == expected


def test_a_text_that_is_more_than_a_time_is_none() -> None:
    assert parse_datetime("8 May 2023 was fine", NEAR) is None
    assert parse_datetime("31 February 2023", NEAR) is None
