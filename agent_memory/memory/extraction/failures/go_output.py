"""The output of Go's tests while they run: `go test -v` prints it above the line of the failure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent_memory.memory.extraction.failures.failure import MAX_FRAMES, Failure
from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import Frame

_TURN = re.compile(r"=== (RUN|CONT|NAME|PAUSE) +(\S*)")
_RESULT = re.compile(r"\s*--- (?:PASS|FAIL|SKIP): |(?:PASS|FAIL|ok)(?:\s|$)|exit status |panic: ")
_PLACE = re.compile(r"\s+([\w./-]+\.go):(\d+): ?(.*)$")
_MAX_LINES = 40


def with_what_was_said_before(failures: Sequence[Failure], lines: Lines) -> list[Failure]:
    """Failures of Go with the lines that their tests printed before they failed."""
    if not any(text.startswith("=== ") for text in lines.texts):
        return list(failures)
    said = _said_by_test(lines)
    return [_with(failure, said, lines) for failure in failures]


def _said_by_test(lines: Lines) -> Mapping[str, Sequence[int]]:
    """Tests take turns; the line of a result ends one."""
    said: dict[str, list[int]] = {}
    test: str | None = None
    for place, text in enumerate(lines.texts):
        if (turn := _TURN.match(text)) is not None:
            test = turn.group(2) if turn.group(1) != "PAUSE" else None
        elif _RESULT.match(text) is not None:
            test = None
        elif test and text.strip():
            said.setdefault(test, []).append(place)
    return said


def _with(failure: Failure, said: Mapping[str, Sequence[int]], lines: Lines) -> Failure:
    places = said.get(failure.test.name, ()) if failure.test is not None else ()
    places = [place for place in places if place < failure.begin][-_MAX_LINES:]
    if failure.test is None or failure.language != "go" or not places:
        return failure
    found = [_PLACE.match(lines.texts[place]) for place in places]
    known = failure.message.split("\n") if failure.message else []
    texts = [
        lines.texts[place].strip() if match is None else match.group(3)
        for place, match in zip(places, found, strict=True)
    ]
    own = [Frame(failure.test.name, m.group(1), int(m.group(2)[:9]), True) for m in found if m]
    frames = tuple(dict.fromkeys((*failure.frames, *own)))[:MAX_FRAMES]
    message = "\n".join((*known, *(text for text in texts if text not in known)))[:2000]
    begin = _begin_of_block(places, failure.begin, lines)
    return replace(failure, message=message, frames=frames, begin=begin)


def _begin_of_block(places: Sequence[int], begin: int, lines: Lines) -> int:
    """Of the lines that stand right above the heading."""
    for place in reversed(places):
        if any(lines.texts[between].strip() for between in range(place + 1, begin)):
            break
        begin = place
    return begin
