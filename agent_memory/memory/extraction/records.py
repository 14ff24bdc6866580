"""Log records: one or several lines each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.memory.dates.written import begins_with_timestamp
from agent_memory.memory.extraction.banners import is_banner
from agent_memory.memory.extraction.lines import Lines

_LEVEL = (
    "TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRITICAL|CRIT|SEVERE|PANIC|EMERG|ALERT"
)
_HAS_LEVEL = re.compile(
    rf"(?<![\w-])(?:({_LEVEL})(?![\w-])|[\"']?(?:level|severity|lvl)[\"']?[=:] ?[\"']?(\w+))"
)
_JSON_LEVEL = re.compile(
    r"[\"'](?:level|severity|lvl|levelname|log\.level|@l|severity_text|level_name)[\"']\s*:\s*"
    r"(?:[\"'](\w+)[\"']|(\d{2})\b)"
)
_JSON_LEVELS = {
    "10": "TRACE", "20": "DEBUG", "30": "INFO", "40": "WARN", "50": "ERROR", "60": "FATAL",
}  # fmt: skip
"""Of the loggers that write numbers: pino and bunyan."""
_MAX_JSON = 2000
_GLOG = re.compile(r"([IWEF])\d{4} \d\d:")
_ERRONEOUS = re.compile(
    r"(?<![\w-])(?:error|exception|failed|failure|fatal|traceback|segfault|segmentation fault|"
    r"core dumped|out of memory|permission denied|connection refused|timed out|unhandled)\b|"
    r"\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_NONE_OF_IT = re.compile(r"(?:\b(?:0|no|without|zero) |=0\b|: 0\b)", re.IGNORECASE)
_GLOG_LEVELS = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "FATAL"}
_SEVERE = frozenset(
    ["ERROR", "ERR", "FATAL", "CRITICAL", "CRIT", "SEVERE", "PANIC", "EMERG", "ALERT"]
)
_HARMLESS = frozenset(["TRACE", "DEBUG", "INFO", "NOTICE"])
_LOOKED_AT = 200
"""Characters at the head of a record in which its level stands."""


@dataclass(frozen=True, slots=True)
class Record:
    """Lines [begin, end). `level` in capitals when it is said."""

    begin: int
    end: int
    head: str
    level: str | None

    @property
    def is_error(self) -> bool:
        """By its level, and where it has none by its words."""
        if self.level in _SEVERE:
            return True
        if self.level in _HARMLESS:
            return False
        found = _ERRONEOUS.search(self.head)
        return found is not None and _NONE_OF_IT.search(self.head[: found.end() + 4]) is None


def cut_records(lines: Lines, taken: Sequence[int]) -> list[Record]:
    """Of the lines that are not `taken`. Where most records bear a time, a line without one goes
    on with the record before it, and so does one that lacks the time that others have before
    them; elsewhere only an indented line does."""
    begins_record = _record_starts(lines, taken)
    records: list[Record] = []
    for place, text in enumerate(lines.texts):
        if taken[place] or not text.strip() or is_banner(text):
            continue
        last = records[-1] if records else None
        if last is not None and last.end == place and not begins_record[place]:
            records[-1] = Record(last.begin, place + 1, last.head, last.level)
        else:
            records.append(Record(place, place + 1, text.strip(), _level(text)))
    return records


def _record_starts(lines: Lines, taken: Sequence[int]) -> list[bool]:
    free = [not taken[place] and bool(text.strip()) for place, text in enumerate(lines.texts)]
    stamped = [
        is_free and begins_with_timestamp(text)
        for is_free, text in zip(free, lines.texts, strict=True)
    ]
    if sum(stamped) * 4 >= sum(free):
        return stamped
    own = [not text[:1].isspace() or _HAS_LEVEL.match(text.lstrip()) for text in lines.texts]
    times = lines.times if any(lines.times) else ("is not known",) * len(own)
    return [
        bool(is_own and (time or is_stamped))
        for is_own, time, is_stamped in zip(own, times, stamped, strict=True)
    ]


def _level(text: str) -> str | None:
    head = text[:_LOOKED_AT]
    if (glog := _GLOG.match(head)) is not None:
        return _GLOG_LEVELS[glog.group(1)]
    if text[:1] == "{" and (number := _JSON_LEVEL.search(text[:_MAX_JSON])) is not None:
        return _JSON_LEVELS.get(number.group(2) or "", number.group(1) or "INFO").upper()
    found = _HAS_LEVEL.search(head)
    if found is None:
        return None
    return str(found.group(1) or found.group(2)).upper()
