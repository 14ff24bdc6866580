"""Stack traces of V8: Node and browsers."""

import re
from dataclasses import replace

from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import MAX_CAUSES, Frame, Language, Trace

_HEAD = re.compile(
    r"\s*(?:(?:Uncaught|Unhandled(?:PromiseRejection(?:Warning)?)?):? )?(?:\(in promise\) )?"
    r"([A-Z]\w*|[\w.]*(?:Error|Exception))(?: \[[\w-]+\])?(?:: (.*))?$"
)
_IN_LINE = re.compile(r"(?<![\w.$])([A-Z]\w*(?:Error|Exception)|Error): (.*)$")
_CAUSE = re.compile(r"\s*\[cause\]: ")
_LIBRARY = ("node_modules", "node:", "internal/", "<anonymous>", "native", "/usr/lib/node")
_MAX_MESSAGE_LINES = 40


def is_frame(text: str) -> bool:
    return _read_frame(text) is not None


def parse(lines: Lines, at: int, floor: int, end: int) -> Trace:
    """The trace whose first frame stands in line `at`; its head is above, not above `floor`."""
    chain = [_parse_one(lines, at, floor, end)]
    while len(chain) < MAX_CAUSES:
        place = chain[-1].end
        if place + 1 >= end or _CAUSE.match(lines.texts[place]) is None:
            break
        chain.append(_parse_one(lines, place + 1, place, end))
    trace = chain[-1]
    for outer in reversed(chain[:-1]):
        trace = replace(outer, end=trace.end, causes=(trace,))
    return trace


def _parse_one(lines: Lines, at: int, floor: int, end: int) -> Trace:
    frames: list[Frame] = []
    place = at
    while place < end and (frame := _read_frame(lines.texts[place])) is not None:
        frames.append(frame)
        place += 1
    begin, exception, message = _find_head(lines, at, floor)
    return Trace(Language.JAVASCRIPT, exception, message, tuple(frames), begin, place)


def _find_head(lines: Lines, at: int, floor: int) -> tuple[int, str, str]:
    for place in range(at - 1, max(floor, at - _MAX_MESSAGE_LINES) - 1, -1):
        text = _CAUSE.sub("", lines.texts[place])
        head = _HEAD.match(text) if place < at - 1 or ":" in text or "Error" in text else None
        if head is None or (head.group(2) is None and not head.group(1).endswith("Error")):
            head = _IN_LINE.search(text)
        if head is not None:
            rest = lines.texts[place + 1 : at]
            return place, head.group(1), "\n".join((head.group(2) or "", *rest)).strip()
        if not text.strip() and place < at - 1:
            break
    return at, "", ""


def _read_frame(text: str) -> Frame | None:
    """`at name (file:line:column)` or `at file:line:column`."""
    text = text.strip().removesuffix(" {")
    if not text.startswith("at "):
        return None
    function, place = "", text[3:].removeprefix("async ")
    if place.endswith(")") and " (" in place:
        function, _, place = place[:-1].rpartition(" (")
    if place in {"<anonymous>", "native"}:
        return Frame(_name(function), None, None, is_project=False)
    file, _, position = place.rpartition(":")
    file, _, line = file.rpartition(":")
    if not (file and line.isdecimal() and position.isdecimal()) or " " in file[:1]:
        return None
    is_project = not any(mark in file for mark in _LIBRARY)
    return Frame(_name(function), file.removeprefix("file://"), int(line[:9]), is_project)


def _name(function: str) -> str:
    """Without `async`, `new` and the alias that V8 adds: `Object.<anonymous>` says nothing."""
    function = function.removeprefix("async ").removeprefix("new ").split(" [as ", 1)[0]
    return "" if function in {"Object.<anonymous>", "<anonymous>"} else function
