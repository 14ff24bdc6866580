"""Days that are spoken of, told from the day on which it is said."""

from datetime import UTC, datetime

import pytest

from agent_memory.memory.dates.mentioned import find_mentioned_dates

WEDNESDAY = datetime(2024, 5, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("I did it yesterday.", ["2024-05-14"]),
        ("See you tomorrow!", ["2024-05-16"]),
        ("last Friday we shipped", ["2024-05-10"]),
        ("Last Wednesday was better", ["2024-05-08"]),
        ("next Monday it is", ["2024-05-20"]),
        ("next Friday it is", []),
        ("two days before yesterday it broke", ["2024-05-12"]),
        ("3 days after tomorrow we ship", ["2024-05-19"]),
        ("two days ago", ["2024-05-13"]),
        ("a week ago", ["2024-W19"]),
        ("last month", ["2024-04"]),
        ("last year", ["2023"]),
        ("in three months", ["2024-08"]),
        ("on 3 May", ["2024-05-03"]),
        ("on December 28th", ["2023-12-28"]),
        ("on July 4, 1999", ["1999-07-04"]),
        ("since 2019", ["2019"]),
        ("in March", ["2024-03"]),
        ("on 2024-02-29 and 2024-02-30", ["2024-02-29"]),
        ("yesterday, on 14 May", ["2024-05-14"]),
    ],
)
def test_a_day_is_resolved_against_the_time_of_speech(sentence: str, days: list[str]) -> None:
    assert [date.day for date in find_mentioned_dates(sentence, WEDNESDAY)] == days


@pytest.mark.parametrize("sentence", ["on Friday", "May I come in?", "31 February", "no date here"])
def test_what_is_ambiguous_or_no_day_is_left_out(sentence: str) -> None:
    assert find_mentioned_dates(sentence, WEDNESDAY) == ()


def test_a_date_is_given_in_words_and_with_its_place() -> None:
    sentence = "We met the day before yesterday."
    (date,) = find_mentioned_dates(sentence, WEDNESDAY)
    assert date.words == "13 May 2024"
    assert sentence[date.begin : date.end] == "the day before yesterday"
