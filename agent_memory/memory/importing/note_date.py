"""The day that a note is of: what its front matter says, or the name of its file."""

import re
from datetime import date
from pathlib import PurePath

_FRONT_MATTER = re.compile(
    r"\ufeff?(?:---[ \t]*\n(?P<yaml>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)|"
    r"\+\+\+[ \t]*\n(?P<toml>.*?)\n\+\+\+[ \t]*(?:\n|\Z))",
    re.DOTALL,
)
_MEMBER = re.compile(
    r"^(?:date|day|created|created_at|createdat|published|timestamp)[ \t]*[:=][ \t]*"
    r"[\"']?(?P<day>\d{4}[-/.]\d\d[-/.]\d\d)"
    r"(?P<time>[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?",
    re.MULTILINE | re.IGNORECASE,
)
_NAMED = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?!\d)")
NOON = "T12:00:00Z"
"""Of a day alone: it is the same day in nearly every zone."""


def note_date(name: str, text: str) -> str | None:
    """ISO 8601; None where nothing tells."""
    matter = _FRONT_MATTER.match(text)
    found = _MEMBER.search(matter.group("yaml") or matter.group("toml")) if matter else None
    if found is not None and (day := _day(*re.split(r"[-/.]", found.group("day")))) is not None:
        time = (found.group("time") or "").replace(" ", "T")
        return f"{day}{time or NOON}"
    for year, _, month, of_month in _NAMED.findall(PurePath(name).stem):
        if (day := _day(year, month, of_month)) is not None:
            return f"{day}{NOON}"
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if found.year >= _EARLIEST else None


_EARLIEST = 1970
