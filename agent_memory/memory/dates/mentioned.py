"""Days that people speak of: `yesterday`, `last Friday`, `on 3 May`, `two weeks ago`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agent_memory.memory.dates.written import MONTHS

_WEEKDAYS = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a few": 3, "few": 3,
    "a couple of": 2, "couple of": 2,
}  # fmt: skip
_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_GATE = re.compile(
    rf"\b(?:yesterday|today|tonight|tomorrow|ago|last|next|this|{'|'.join(_WEEKDAYS)}|{_MONTH}|"
    r"in (?:a|an|one|two|three|four|five|six|\d+)|\d{4})\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(the day before yesterday|the day after tomorrow|yesterday|today|tonight|tomorrow|"
    r"this morning|this afternoon|this evening|last night)\b",
    re.IGNORECASE,
)
_BEFORE_AFTER = re.compile(
    r"\b(\d{1,2}|one|two|three|four|five|six|a couple of|a few) days "
    r"(before yesterday|after tomorrow)\b",
    re.IGNORECASE,
)
_OFFSETS = {
    "the day before yesterday": -2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0,
    "this morning": 0, "this afternoon": 0, "this evening": 0, "tomorrow": 1,
    "the day after tomorrow": 2,
}  # fmt: skip
_WEEKDAY = re.compile(rf"\b(last|this|next|on|this past) ({'|'.join(_WEEKDAYS)})\b", re.IGNORECASE)
_PERIOD = re.compile(r"\b(last|this|next) (week|weekend|month|year)\b", re.IGNORECASE)
_AGO = re.compile(
    r"\b(\d{1,3}|a few|few|a couple of|couple of|an?|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve) (day|week|month|year)s? ago\b",
    re.IGNORECASE,
)
_IN = re.compile(
    r"\bin (\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten) "
    r"(day|week|month|year)s?\b",
    re.IGNORECASE,
)
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})\b\.?(?:,? (\d{{4}}))?", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (\d{{4}}))?", re.IGNORECASE
)
_MONTH_ONLY = re.compile(rf"\b(?:in|since|during|last|next|this) ({_MONTH})\b(?: (\d{{4}}))?", re.I)
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_YEAR = re.compile(r"\b(?:in|since|during|of|until|by) ((?:19|20)\d\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MentionedDate:
    """`day` as precisely as it is known: `2023-05-07`, `2023-W19`, `2023-05` or `2023`."""

    day: str
    begin: int
    end: int
    words: str
    """The same for a search: `7 May 2023`."""


def find_mentioned_dates(text: str, said_at: datetime) -> tuple[MentionedDate, ...]:
    """In the order in which they are spoken of; what could mean several days is left out."""
    if _GATE.search(text) is None:
        return ()
    today = said_at.date()
    found: dict[str, MentionedDate] = {}
    for begin, end, day, words in sorted(_find(text, today)):
        found.setdefault(day, MentionedDate(day, begin, end, words))
    return tuple(found.values())


def _find(text: str, today: date) -> Iterator[tuple[int, int, str, str]]:
    relative = [match.span() for match in _BEFORE_AFTER.finditer(text)]
    for pattern, reader in _FORMS:
        for match in pattern.finditer(text):
            if reader is _relative and any(a <= match.start() < b for a, b in relative):
                continue
            try:
                day, words = reader(match, today)
            except (ValueError, OverflowError):
                continue
            yield match.start(), match.end(), day, words


def _relative(match: re.Match[str], today: date) -> tuple[str, str]:
    return _of_day(today + timedelta(days=_OFFSETS[match.group(1).lower()]))


def _before_after(match: re.Match[str], today: date) -> tuple[str, str]:
    """Counted from yesterday, or from tomorrow."""
    step = 1 + _number(match.group(1))
    is_before = match.group(2).lower().startswith("before")
    return _of_day(today + timedelta(days=-step if is_before else step))


def _weekday(match: re.Match[str], today: date) -> tuple[str, str]:
    which, weekday = match.group(1).lower(), _WEEKDAYS.index(match.group(2).lower())
    if which == "on":
        raise ValueError(which)
    if which in {"last", "this past"}:
        return _of_day(today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1))
    ahead = (weekday - today.weekday()) % 7
    if which == "this":
        return _of_day(today + timedelta(days=ahead))
    if weekday > today.weekday():
        # Some mean the one in this week, and some the one after it.
        raise ValueError(which)
    return _of_day(today + timedelta(days=7 - today.weekday() + weekday))


def _period(match: re.Match[str], today: date) -> tuple[str, str]:
    step = {"last": -1, "this": 0, "next": 1}[match.group(1).lower()]
    return _step(match.group(2).lower(), step, today)


def _ago(match: re.Match[str], today: date) -> tuple[str, str]:
    return _step(match.group(2).lower(), -_number(match.group(1)), today)


def _ahead(match: re.Match[str], today: date) -> tuple[str, str]:
    return _step(match.group(2).lower(), _number(match.group(1)), today)


def _step(unit: str, step: int, today: date) -> tuple[str, str]:
    if unit == "day":
        return _of_day(today + timedelta(days=step))
    if unit == "week":
        year, week, _ = (today + timedelta(weeks=step)).isocalendar()
        monday = date.fromisocalendar(year, week, 1)
        return f"{year}-W{week:02}", f"week of {_of_day(monday)[1]}"
    if unit == "weekend":
        saturday = today + timedelta(days=5 - today.weekday(), weeks=step)
        return _of_day(saturday)
    if unit == "month":
        months = today.year * 12 + today.month - 1 + step
        return _of_month(months // 12, months % 12 + 1)
    return _of_year(today.year + step)


def _day_month(match: re.Match[str], today: date) -> tuple[str, str]:
    return _of_named_day(match.group(1), match.group(2), match.group(3), today)


def _month_day(match: re.Match[str], today: date) -> tuple[str, str]:
    return _of_named_day(match.group(2), match.group(1), match.group(3), today)


def _month_only(match: re.Match[str], today: date) -> tuple[str, str]:
    month = MONTHS[match.group(1).lower()]
    if match.group(2) is not None:
        return _of_month(int(match.group(2)), month)
    is_next = match.group().lower().startswith("next")
    year = today.year + (month <= today.month if is_next else 0)
    year -= match.group().lower().startswith("last") and month >= today.month
    return _of_month(year, month)


def _iso(match: re.Match[str], _: date) -> tuple[str, str]:
    year, month, day = match.groups()
    return _of_day(date(int(year), int(month), int(day)))


def _year(match: re.Match[str], _: date) -> tuple[str, str]:
    return _of_year(int(match.group(1)))


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], tuple[str, str]]], ...] = (
    (_RELATIVE, _relative),
    (_BEFORE_AFTER, _before_after),
    (_WEEKDAY, _weekday),
    (_PERIOD, _period),
    (_AGO, _ago),
    (_IN, _ahead),
    (_DAY_MONTH, _day_month),
    (_MONTH_DAY, _month_day),
    (_MONTH_ONLY, _month_only),
    (_ISO, _iso),
    (_YEAR, _year),
)


def _of_named_day(day: str, month: str, year: str | None, today: date) -> tuple[str, str]:
    """Without a year it is the one nearest to today."""
    number = MONTHS[month.lower()]
    if year is not None:
        return _of_day(date(int(year), number, int(day)))
    years = (today.year - 1, today.year, today.year + 1)
    days = [date(year, number, int(day)) for year in years if _exists(year, number, int(day))]
    return _of_day(min(days, key=lambda other: abs((other - today).days)))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _of_day(day: date) -> tuple[str, str]:
    return day.isoformat(), f"{day.day} {day:%B} {day.year}"


def _of_month(year: int, month: int) -> tuple[str, str]:
    first = date(year, month, 1)
    return f"{first:%Y-%m}", f"{first:%B} {first.year}"


def _of_year(year: int) -> tuple[str, str]:
    return f"{date(year, 1, 1).year:04}", str(year)


def _number(word: str) -> int:
    return _NUMBERS.get(word.lower()) or int(word)
