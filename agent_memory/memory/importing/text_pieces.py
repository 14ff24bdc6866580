"""Texts in pieces that the server takes, cut where one thing ends and the next begins."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent_memory.memory.dates.written import begins_with_timestamp
from agent_memory.memory.extraction.line_prefixes import find_prefixes
from agent_memory.memory.extraction.lines import LONGEST_LINE
from agent_memory.memory.extraction.patch import FilePart, Patch, cut_patch

MAX_TEXT_BYTES = 96 * 1024
"""Of one message, diff or log: a little less than the server takes."""
_GOES_ON = re.compile(r"\s|Caused by|Traceback|During handling|The above exception|E  |$")
_HEADING = re.compile(r"_{3,} .* _{3,}$|=== RUN|---+ \S|\s*\u25cf |(?:FAIL|ERROR): |not ok \d")
_SEARCHED = 0.5
"""Of a full piece, from its end on, where a border is looked for."""
_MAX_HEADING = 200
_MAX_HEAD = MAX_TEXT_BYTES // 4
_MAX_HUNK_HEAD = 100
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,\d{1,9})? \+(\d{1,9})")


def pieces(text: str) -> Iterator[str]:
    """Cut between lines."""
    return _packed(_short_lines(text))


def diff_pieces(text: str) -> Iterator[str]:
    """Cut between files; a file that is too long, between hunks, with its head before each piece;
    a hunk that is too long, between lines. The message of a commit stands in each piece."""
    patch = cut_patch(text)
    if not patch.files:
        yield from pieces(text)
        return
    piece, num_bytes = "", 0
    for part in _file_parts(patch):
        size = _size(part.text)
        if piece and num_bytes + size > MAX_TEXT_BYTES:
            yield piece
            piece, num_bytes = "", 0
        if not piece and _size(part.message) + size <= MAX_TEXT_BYTES:
            piece, num_bytes = part.message, _size(part.message)
        piece += part.text
        num_bytes += size
    if piece.strip():
        yield piece


def log_pieces(text: str) -> Iterator[str]:
    """Cut before a line that begins something: a heading of a test, a record with its time, a line
    that is not indented."""
    lines = list(_short_lines(text))
    prefixes = find_prefixes([line[:LONGEST_LINE] for line in lines])
    own = [
        line[prefixes[place].length if prefixes is not None else 0 :][:_MAX_HEADING].rstrip("\n")
        for place, line in enumerate(lines)
    ]
    begin = 0
    while begin < len(lines):
        end = _full(lines, begin)
        if end < len(lines):
            end = _border(own, begin, end)
        piece = "".join(lines[begin:end])
        if piece.strip():
            yield piece
        begin = end


def _packed(parts: Iterable[str], room: int = MAX_TEXT_BYTES) -> Iterator[str]:
    """As many as fit into a piece; none is longer than one."""
    piece: list[str] = []
    num_bytes = 0
    for part in parts:
        size = _size(part)
        if piece and num_bytes + size > room:
            yield "".join(piece)
            piece, num_bytes = [], 0
        piece.append(part)
        num_bytes += size
    if "".join(piece).strip():
        yield "".join(piece)


@dataclass(frozen=True, slots=True)
class _Part:
    """At most one piece long. message: of its commit, where the text has it not."""

    text: str
    message: str = ""


def _file_parts(patch: Patch) -> Iterator[_Part]:
    end = 0
    for number, file in enumerate(patch.files):
        is_last = number + 1 == len(patch.files)
        begin, end = end, len(patch.lines) if is_last else _begin_of(patch, number + 1)
        message = ""
        if file.commit is not None and begin > file.commit[0]:
            message = _joined(patch, *file.commit)
        message = message if _size(message) <= _MAX_HEAD else ""
        whole = _joined(patch, begin, end)
        if _size(whole) <= MAX_TEXT_BYTES:
            yield _Part(whole, message)
        else:
            yield from (_Part(text) for text in _hunk_parts(patch, file, message, begin, end))


def _begin_of(patch: Patch, number: int) -> int:
    """Where a file begins, with the message above it."""
    before, file = patch.files[number - 1], patch.files[number]
    if file.commit is not None and file.commit != before.commit:
        return max(before.end, file.commit[0])
    return file.begin


def _hunk_parts(patch: Patch, file: FilePart, message: str, begin: int, end: int) -> Iterator[str]:
    first = file.hunks[0][0] if file.hunks else end
    above = _joined(patch, begin, file.begin) or message
    head = _joined(patch, file.begin, first)
    if _size(above) > _MAX_HEAD:
        yield from _packed(_short_lines(above))
        above = ""
    if _size(head) > _MAX_HEAD:
        yield from _packed(_short_lines(head))
        head = ""
    room = MAX_TEXT_BYTES - _size(above + head)
    borders = [*(hunk[0] for hunk in file.hunks[1:]), end]
    hunks = [
        part
        for (hunk, _), stop in zip(file.hunks, borders, strict=True)
        for part in _fitting(patch, hunk, stop, room)
    ]
    yield from (f"{above}{head}{piece}" for piece in _packed(hunks, room))


def _fitting(patch: Patch, hunk: int, stop: int, room: int) -> Iterator[str]:
    """The hunk, or where it is too long hunks of its lines, each counted by itself."""
    whole = _joined(patch, hunk, stop)
    if _size(whole) <= room:
        yield whole
        return
    head = _HUNK.match(patch.lines[hunk])
    old, new = (int(head.group(1)), int(head.group(2))) if head is not None else (1, 1)
    lines = list(_short_lines(_joined(patch, hunk + 1, stop)))
    for text in _packed(lines, room - _MAX_HUNK_HEAD):
        marks = [line[:1] for line in text.split("\n")[:-1]]
        num_old = sum(mark in {" ", "-", ""} for mark in marks)
        num_new = sum(mark in {" ", "+", ""} for mark in marks)
        yield f"@@ -{old},{num_old} +{new},{num_new} @@\n{text}"
        old, new = old + num_old, new + num_new


def _full(lines: Sequence[str], begin: int) -> int:
    num_bytes = 0
    for place in range(begin, len(lines)):
        num_bytes += _size(lines[place])
        if num_bytes > MAX_TEXT_BYTES and place > begin:
            return place
    return len(lines)


def _border(own: Sequence[str], begin: int, end: int) -> int:
    """The last good place at or before `end`; `end` itself where there is none near it."""
    floor = begin + max(1, int((end - begin) * _SEARCHED))
    for is_border in (_is_heading, _has_time, _begins_record):
        found = next((place for place in range(end, floor - 1, -1) if is_border(own, place)), None)
        if found is not None:
            return found
    return end


def _is_heading(own: Sequence[str], place: int) -> bool:
    return _HEADING.match(own[place]) is not None


def _has_time(own: Sequence[str], place: int) -> bool:
    return begins_with_timestamp(own[place])


def _begins_record(own: Sequence[str], place: int) -> bool:
    """Above the last line of a stack stands an indented one."""
    return _GOES_ON.match(own[place]) is None and not own[place - 1][:1].isspace()


def _joined(patch: Patch, begin: int, end: int) -> str:
    text = "\n".join(patch.lines[begin:end])
    return text if end >= len(patch.lines) or begin >= end else f"{text}\n"


def _short_lines(text: str) -> Iterable[str]:
    most = MAX_TEXT_BYTES // 4
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        yield from (line[begin : begin + most] for begin in range(0, len(line), most))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
