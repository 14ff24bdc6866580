"""Times as programs write them: ISO 8601 and RFC 3339, syslog, access logs, e-mail, chats."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MON = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Sept|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
)
_DAY = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_CLOCK = r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
_ZONE = r" ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d\d?)[-/.](\d\d?)(?:(?:[T ]|, ?| at ){_CLOCK}{_ZONE})?(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)()(Z|[+-]\d{4})?(?!\d)")
_ACCESS = re.compile(rf"(\d{{1,2}})/({_MON})/(\d{{4}}):{_CLOCK}{_ZONE}")
_SYSLOG = re.compile(
    rf"({_MON}) {{1,2}}(\d{{1,2}}) (\d\d):(\d\d):(\d\d)(?:\.(\d{{1,9}}))?(?: (\d{{4}}))?"
)
_MAIL = re.compile(
    rf"(?:(?:{_DAY}), )?\d{{1,2}} (?:{_MON}) \d{{4}} \d\d:\d\d(?::\d\d)?"
    r"(?: (?:[+-]\d{4}|GMT|UTC))?"
)
_GIT = re.compile(
    rf"(?:{_DAY}) ({_MON}) {{1,2}}(\d{{1,2}}) (\d\d):(\d\d):(\d\d) (\d{{4}})(?: ([+-]\d{{4}}))?"
)
_SPOKEN_CLOCK = r"(\d{1,2})(?::(\d\d)(?::(\d\d))?)? ?([AaPp]\.?[Mm]\b\.?)?"
_SPOKEN = re.compile(
    rf"(?:{_SPOKEN_CLOCK} on )?(?:(?:{_DAY})[a-z]*,? )?(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? "
    rf"({_MONTH})\.?,? (\d{{4}})(?:,? (?:at )?{_SPOKEN_CLOCK})?"
)
_SPOKEN_US = re.compile(
    rf"(?:(?:{_DAY})[a-z]*,? )?({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})"
    rf"(?:,? (?:at )?{_SPOKEN_CLOCK})?"
)
_SLASHES = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))? ?([AaPp][Mm])?"
)
_GLOG = re.compile(r"[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_EPOCH = re.compile(r"(\d{10})(?:[.,](\d{1,9})|(\d{3}))?(?![\w.])")
_LEAD = re.compile(r"[\[(<\s]*(?:[\"']?(?:time|timestamp|ts|date|@timestamp)[\"']?[=:]\s*[\"']?)?")
_JSON_TIME = re.compile(
    r"\{.{0,1000}?[\"'](?:time|timestamp|ts|date|datetime|@timestamp|eventTime|asctime|@t|t)[\"']\s*:"
    r"\s*(?:\{\s*[\"']\$date[\"']\s*:\s*)?[\"']?"
)
_SHORT_YEAR = re.compile(rf"(\d\d)/(\d\d)/(\d\d) {_CLOCK}()(?!\d)")
_HAS_TIME = re.compile(r"\d{8}T\d|\d:\d\d|\d{4}[-/.]\d|\d{10}")


def find_timestamp(text: str, near: datetime) -> datetime | None:
    """The time at the head of a line, or the access log's within it; None when there is none.
    `near` gives the time zone, and the year, where the text does not."""
    head = _head(text)
    if _HAS_TIME.search(head) is None:
        return None
    found = _match_at(head, _lead(head))
    if found is None and "[" in head and (access := _ACCESS.search(text[:400])) is not None:
        found = access, _read_access
    return _read(*found, near) if found is not None else None


def begins_with_timestamp(text: str) -> bool:
    head = _head(text)
    if _HAS_TIME.search(head) is None:
        return False
    return _match_at(head, _lead(head)) is not None or _ACCESS.search(head) is not None


def parse_datetime(text: str, near: datetime) -> datetime | None:
    """The time that a whole text is, in any of the forms, spoken ones as well."""
    text = text.strip().strip("[]()").strip()
    for pattern, reader in (*_FORMS, *_SPOKEN_FORMS):
        if (match := pattern.fullmatch(text)) is not None:
            return _read(match, reader, near)
    return None


_Reader = Callable[[re.Match[str], datetime], datetime]


def _read(match: re.Match[str], reader: _Reader, near: datetime) -> datetime | None:
    """None for what has the form of a time and is none: the 31st of February."""
    try:
        return reader(match, near)
    except (ValueError, OverflowError):
        return None


def _head(text: str) -> str:
    """Of a line of JSON, what stands after the name of its time."""
    if text[:1] == "{" and (named := _JSON_TIME.match(text)) is not None:
        return text[named.end() : named.end() + 120]
    return text[:120]


def _lead(head: str) -> int:
    lead = _LEAD.match(head)
    return lead.end() if lead is not None else 0


def _match_at(head: str, place: int) -> tuple[re.Match[str], _Reader] | None:
    for pattern, reader in _FORMS:
        if (match := pattern.match(head, place)) is not None:
            return match, reader
    return None


def _read_iso(match: re.Match[str], near: datetime) -> datetime:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    return _build(near, year, month, day, hour, minute, second, fraction, zone)


def _read_short_year(match: re.Match[str], near: datetime) -> datetime:
    """As Spark writes it: the year first, without its century."""
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    return _build(near, f"20{year}", month, day, hour, minute, second, fraction, zone or None)


def _read_access(match: re.Match[str], near: datetime) -> datetime:
    day, month, year, hour, minute, second, fraction, zone = match.groups()
    return _build(near, year, _month(month), day, hour, minute, second, fraction, zone)


def _read_syslog(match: re.Match[str], near: datetime) -> datetime:
    month, day, hour, minute, second, fraction, year = match.groups()
    if year is not None:
        return _build(near, year, _month(month), day, hour, minute, second, fraction)
    return _of_the_last_year(
        near, lambda y: _build(near, y, _month(month), day, hour, minute, second, fraction)
    )


def _read_glog(match: re.Match[str], near: datetime) -> datetime:
    month, day, hour, minute, second, fraction = match.groups()
    return _of_the_last_year(
        near, lambda y: _build(near, y, month, day, hour, minute, second, fraction)
    )


def _read_mail(match: re.Match[str], near: datetime) -> datetime:
    found = parsedate_to_datetime(match.group())
    return found if found.tzinfo is not None else found.replace(tzinfo=near.tzinfo)


def _read_git(match: re.Match[str], near: datetime) -> datetime:
    month, day, hour, minute, second, year, zone = match.groups()
    return _build(near, year, _month(month), day, hour, minute, second, None, zone)


def _read_epoch(match: re.Match[str], near: datetime) -> datetime:
    seconds, fraction, milliseconds = match.groups()
    found = datetime.fromtimestamp(int(seconds), near.tzinfo or UTC)
    return found + timedelta(microseconds=_microseconds(fraction or milliseconds))


def _read_spoken(match: re.Match[str], near: datetime) -> datetime:
    groups = match.groups()
    day, month, year = groups[4:7]
    hour, minute, second, half = groups[:4] if groups[0] is not None else groups[7:]
    return _build(near, year, _month(month), day, _hour(hour, half), minute, second)


def _read_spoken_us(match: re.Match[str], near: datetime) -> datetime:
    month, day, year, hour, minute, second, half = match.groups()
    return _build(near, year, _month(month), day, _hour(hour, half), minute, second)


def _read_slashes(match: re.Match[str], near: datetime) -> datetime:
    """Day first when it can be nothing else, otherwise month first."""
    first, other, year, hour, minute, second, half = match.groups()
    month, day = (other, first) if int(first) > 12 else (first, other)
    year = year if len(year) == 4 else f"20{year}"
    return _build(near, year, month, day, _hour(hour, half), minute, second)


_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_ISO, _read_iso),
    (_COMPACT, _read_iso),
    (_SHORT_YEAR, _read_short_year),
    (_SYSLOG, _read_syslog),
    (_ACCESS, _read_access),
    (_GIT, _read_git),
    (_MAIL, _read_mail),
    (_GLOG, _read_glog),
    (_EPOCH, _read_epoch),
)
_SPOKEN_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_SPOKEN, _read_spoken),
    (_SPOKEN_US, _read_spoken_us),
    (_SLASHES, _read_slashes),
)


def _build(
    near: datetime,
    year: str | int,
    month: str | int,
    day: str | int,
    hour: str | int | None = None,
    minute: str | None = None,
    second: str | None = None,
    fraction: str | None = None,
    zone: str | None = None,
) -> datetime:
    return datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        min(int(second or 0), 59),
        _microseconds(fraction),
        _zone(zone, near),
    )


def _zone(zone: str | None, near: datetime) -> tzinfo | None:
    if zone is None:
        return near.tzinfo
    if zone in {"Z", "UTC", "GMT"}:
        return UTC
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset)


def _of_the_last_year(near: datetime, build: Callable[[int], datetime]) -> datetime:
    """A day without its year lies in the twelve months before `near`."""
    try:
        found = build(near.year)
    except ValueError:
        return build(near.year - 1)
    return found if found <= near + timedelta(days=1) else build(near.year - 1)


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


def _month(name: str) -> int:
    return MONTHS[name.lower()]


def _hour(hour: str | None, half: str | None) -> int:
    number = int(hour or 0)
    if half is None:
        return number
    return number % 12 + (12 if half[0] in "pP" else 0)
