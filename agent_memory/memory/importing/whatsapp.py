"""Chats that WhatsApp exports as text, with its dates in the order of the phone's language."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agent_memory.memory.importing.dialogue import Dialogue, Message, said, thread_name

KIND = "whatsapp"
_HEAD = re.compile(
    r"\u200e?\[?(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}),? +(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2}))?(?:[ \u202f\u00a0]?(?P<half>[AaPp])\.?[Mm]\.?)?(?:\]| -) "
)
_SPEAKER = re.compile(r"\u200e?(?P<speaker>[^:\n]{1,100}): (?P<text>.*)", re.DOTALL)
_NO_WORDS = re.compile(
    r"\u200e?(?:<[^>]*>|(?:image|video|audio|sticker|GIF|document) omitted)\s*\Z"
)
_LINES_LOOKED_AT = 5

Parts = tuple[int, int, int]


def is_chat(text: str) -> bool:
    """Whether one of the first lines begins as WhatsApp's do, with somebody's name."""
    first = text.splitlines()[:_LINES_LOOKED_AT]
    return any(
        (head := _HEAD.match(line)) is not None and _SPEAKER.match(line[head.end() :])
        for line in first
    )


def dialogues(text: str, name: str) -> Iterator[Dialogue]:
    """The one chat. A time is the phone's own: no zone is written there, so that it is taken for
    UTC."""
    entries = list(_entries(text))
    order = _order([parts for parts, *_ in entries])
    messages = tuple(
        one
        for parts, clock, speaker, words in entries
        for one in _messages(_moment(parts, clock, order), speaker, words)
    )
    if messages:
        yield Dialogue(thread_name(KIND, name), messages)


def _entries(text: str) -> Iterator[tuple[Parts, Parts, str, str]]:
    heads = list(re.finditer(rf"^{_HEAD.pattern}", text, re.MULTILINE))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=True):
        whole = _SPEAKER.fullmatch(text[head.end() : end].rstrip("\r\n"))
        if whole is not None:  # else the program speaks: somebody joined, a number changed
            first, second, third = (int(part) for part in re.split(r"[./-]", head["date"]))
            yield (first, second, third), _clock(head), whole["speaker"], whole["text"]


def _clock(head: re.Match[str]) -> Parts:
    hour = int(head["hour"])
    if half := head["half"]:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    return hour, int(head["minute"]), int(head["second"] or 0)


def _order(dates: Sequence[Parts]) -> str:
    """Year first, day first or month first, decided for the whole file: by a number that can be no
    month, else by the order in which the dates never go back, else day first."""
    if any(first > 31 for first, _, _ in dates):
        return "ymd"
    if any(first > 12 for first, _, _ in dates):
        return "dmy"
    if any(second > 12 for _, second, _ in dates):
        return "mdy"
    by_day = [(year, second, first) for first, second, year in dates]
    by_month = [(year, first, second) for first, second, year in dates]
    return "mdy" if by_month == sorted(by_month) and by_day != sorted(by_day) else "dmy"


def _moment(parts: Parts, clock: Parts, order: str) -> str | None:
    numbers = dict(zip(order, parts, strict=True))
    year = numbers["y"] + (2000 if numbers["y"] < 100 else 0)
    try:
        return datetime(year, numbers["m"], numbers["d"], *clock, tzinfo=UTC).isoformat()
    except ValueError:
        return None


def _messages(at: str | None, speaker: str, words: str) -> Iterator[Message]:
    if not _NO_WORDS.match(words):
        yield from said("user", words, at, speaker)
