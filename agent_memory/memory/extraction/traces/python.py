"""Python's tracebacks: plain, chained, and of exception groups."""

import re
from dataclasses import replace

from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import MAX_CAUSES, Frame, Language, Trace

MARK = "Traceback (most recent call last)"
_GROUP_MARK = "Exception Group Traceback"
_FRAME = re.compile(r'\s*File "([^"]*)", line (\d+)(?:, in (.+))?')
_EXCEPTION = re.compile(r"\s*([A-Za-z_][\w.]*)(?:: ?(.*))?$")
_CHAIN = (
    "During handling of the above exception, another exception occurred",
    "The above exception was the direct cause of the following exception",
)
_GROUP_LINE = re.compile(r"\s*[|+](?:-[-+]*)? ?")
_MEMBER = re.compile(r"\s*\+?-?\+-+ (?:\d+|\.\.\.) -+")
_LIBRARY = ("site-packages", "dist-packages", "/lib/python", "\\lib\\", "<frozen ", "<string>")
_MAX_MESSAGE_LINES = 10
_MAX_GROUP_LINES = 500


def parse(lines: Lines, at: int, end: int) -> Trace | None:
    """The trace whose head stands in line `at`, with those that are chained to it."""
    if _GROUP_MARK in lines.texts[at]:
        return _parse_group(lines, at, end)
    trace = _parse_one(lines, at, end)
    num_chained = 1
    while trace is not None and num_chained < MAX_CAUSES:
        num_chained += 1
        following = _find_chained(lines, trace.end, end)
        later = _parse_one(lines, following, end) if following is not None else None
        if later is None:
            break
        trace = replace(later, begin=trace.begin, causes=(trace,))
    return trace


def _parse_one(lines: Lines, at: int, end: int) -> Trace | None:
    frames: list[Frame] = []
    place = at + 1
    indent = _indent(lines.texts[at])
    while place < end:
        text = lines.texts[place]
        if (frame := _FRAME.match(text)) is not None:
            frames.append(_frame(*frame.groups()))
        elif (text.strip() and _indent(text) <= indent) or (not text.strip() and not frames):
            break
        place += 1
    head = _EXCEPTION.match(lines.texts[place]) if place < end else None
    if head is None:
        return _finished(lines, "", "", frames, at, place) if frames else None
    message, place = _read_message(lines, head.group(2) or "", place + 1, end, indent)
    return _finished(lines, head.group(1), message, frames, at, place)


def _finished(
    lines: Lines, exception: str, message: str, frames: list[Frame], begin: int, end: int
) -> Trace:
    end = min(end, len(lines))
    return Trace(Language.PYTHON, exception, message, tuple(reversed(frames)), begin, end)


def _read_message(lines: Lines, first: str, place: int, end: int, indent: int) -> tuple[str, int]:
    """A message goes on in lines that are indented deeper than its head."""
    message = [first]
    while place < end and len(message) < _MAX_MESSAGE_LINES:
        text = lines.texts[place]
        if not text.strip() or _indent(text) <= indent:
            break
        message.append(text.strip())
        place += 1
    return "\n".join(message).strip(), place


def _find_chained(lines: Lines, place: int, end: int) -> int | None:
    """Where the next traceback of a chain has its head, at most a few lines on."""
    texts = [lines.texts[index].strip() for index in range(place, min(place + 5, end))]
    if not any(text.startswith(_CHAIN) for text in texts):
        return None
    heads = (index for index, text in enumerate(texts) if text.startswith(MARK))
    return next((place + index for index in heads), None)


def _parse_group(lines: Lines, at: int, end: int) -> Trace | None:
    """A group's lines bear a margin of bars; without it they are ordinary tracebacks."""
    last = at + 1
    while (
        last < min(end, at + _MAX_GROUP_LINES) and _GROUP_LINE.match(lines.texts[last]) is not None
    ):
        last += 1
    marks = [index for index in range(at, last) if _MEMBER.match(lines.texts[index])]
    bare = [_GROUP_LINE.sub("", lines.texts[index], count=1) for index in range(at, last)]
    stripped = Lines(bare, lines.begins[at : last + 1])
    head = _parse_one(stripped, 0, marks[0] - at if marks else last - at)
    if head is None:
        return None
    members = [
        _parse_member(stripped, begin + 1 - at, stop - at)
        for begin, stop in zip(marks, [*marks[1:], last], strict=False)
    ]
    return replace(
        head, begin=at, end=last, causes=tuple(member for member in members if member is not None)
    )


def _parse_member(lines: Lines, begin: int, end: int) -> Trace | None:
    for place in range(begin, end):
        if MARK in lines.texts[place]:
            return _parse_one(lines, place, end)
        if (head := _EXCEPTION.match(lines.texts[place])) is not None:
            return Trace(Language.PYTHON, head.group(1), head.group(2) or "", (), place, end)
    return None


def _frame(file: str, line: str, function: str | None) -> Frame:
    is_project = not any(mark in file for mark in _LIBRARY)
    return Frame(function or "", file, int(line[:9]), is_project)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
