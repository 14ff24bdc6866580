"""Stack traces of Java and the other languages of its machine."""

import re
from dataclasses import replace

from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import MAX_CAUSES, Frame, Language, Trace

_FRAME = re.compile(
    r"\s*at (?:[\w.@$-]+//?)?([\w$.<>/-]+)\(((?:[\w$-]+\.\w+(?::\d+)?)|Native Method|"
    r"Unknown Source|<generated>|)\)"
)
_NAME = r"(?:[A-Za-z_$][\w$]*\.)+[A-Z_$][\w$]*|[A-Z]\w*(?:Exception|Error|Failure|Throwable)"
_HEAD = re.compile(rf"({_NAME})(?:(?::| -) ?(.*))?$")
_LEAD = re.compile(r"(?:Exception in thread \"[^\"]*\" |(?:Caused an ERROR|FAILED)?\s*)")
_IN_LINE = re.compile(rf"(?<![\w.$])({_NAME})(?:: (.*))?$")
_CAUSE = re.compile(rf"\s*(?:Caused by|Wrapped by): ({_NAME})(?::? ?(.*))?$")
_SUPPRESSED = re.compile(r"\s*Suppressed: ")
_MORE = re.compile(r"\s*\.\.\. \d+ (?:more|common frames omitted)")
_MAX_MESSAGE_LINES = 400
_MAX_KEPT_LINES = 40

_LIBRARY = (
    "java.", "javax.", "jdk.", "sun.", "com.sun.", "junit.", "org.junit.", "org.hamcrest.",
    "org.testng.", "org.mockito.", "org.assertj.", "org.apache.tools.ant.", "org.apache.maven.",
    "org.gradle.", "worker.org.gradle.", "kotlin.", "scala.", "groovy.", "org.codehaus.groovy.",
    "com.intellij.", "org.eclipse.jdt.", "edu.washington.cs.mut.", "org.jacoco.",
    "org.springframework.", "reactor.", "io.netty.", "org.apache.catalina.", "org.apache.coyote.",
)  # fmt: skip


def is_frame(text: str) -> bool:
    return _FRAME.match(text) is not None


def parse(lines: Lines, at: int, floor: int, end: int) -> Trace | None:
    """The trace whose first frame stands in line `at`; its head is above, not above `floor`."""
    begin, exception, message = _find_head(lines, at, floor)
    return _parse_below(lines, exception, message, begin, at, end)


def parse_headed(lines: Lines, begin: int, end: int) -> Trace | None:
    """The trace of a test whose head is known to be line `begin`; it may have no frames."""
    text = lines.texts[begin].strip()
    if (head := _match_head(text)) is None:
        return None
    place = begin + 1
    while place < end and not is_frame(lines.texts[place]):
        place += 1
    if place == end:
        place = _end_of_paragraph(lines, begin + 1, end)
    message = _join(head.group(2) or "", lines, begin + 1, place)
    return _parse_below(lines, head.group(1), message, begin, place, end)


def _parse_below(
    lines: Lines, exception: str, message: str, begin: int, place: int, end: int
) -> Trace:
    """Frames from `place` on, and then causes, each with frames of its own."""
    chain: list[Trace] = []
    while True:
        frames, place = _read_frames(lines, place, end)
        chain.append(Trace(Language.JAVA, exception, message, tuple(frames), begin, place))
        cause = _CAUSE.match(lines.texts[place]) if place < end else None
        if cause is None or len(chain) == MAX_CAUSES:
            return _chained(chain)
        begin, exception = place, cause.group(1)
        place = _end_of_message(lines, begin, end)
        message = _join(cause.group(2) or "", lines, begin + 1, place)


def _end_of_message(lines: Lines, head: int, end: int) -> int:
    """Where the frames of a cause begin; directly below its head when they are nowhere near."""
    for place in range(head + 1, min(end, head + _MAX_KEPT_LINES)):
        text = lines.texts[place]
        if is_frame(text) or _MORE.match(text) is not None:
            return place
        if _CAUSE.match(text) is not None:
            break
    return head + 1


def _chained(chain: list[Trace]) -> Trace:
    """The first, with each of the others as the cause of the one before it."""
    trace = chain[-1]
    for outer in reversed(chain[:-1]):
        trace = replace(outer, end=trace.end, causes=(trace,))
    return trace


def _read_frames(lines: Lines, place: int, end: int) -> tuple[list[Frame], int]:
    frames: list[Frame] = []
    is_suppressed = False
    while place < end:
        text = lines.texts[place]
        if (match := _FRAME.match(text)) is not None:
            if not is_suppressed:
                frames.append(_frame(match.group(1), match.group(2)))
        elif _SUPPRESSED.match(text) is not None:
            is_suppressed = True
        elif _MORE.match(text) is None:
            break
        place += 1
    return frames, place


def _find_head(lines: Lines, at: int, floor: int) -> tuple[int, str, str]:
    """The nearest line above that begins with the name of an exception; its message may have many
    lines. Otherwise the line above, when it ends with one."""
    for place in range(at - 1, max(floor, at - _MAX_MESSAGE_LINES) - 1, -1):
        text = lines.texts[place].strip()
        head = _match_head(text)
        if head is None and place == at - 1:
            head = _IN_LINE.search(text)
        if head is not None:
            return place, head.group(1), _join(head.group(2) or "", lines, place + 1, at)
    return at, "", ""


def _match_head(text: str) -> re.Match[str] | None:
    lead = _LEAD.match(text)
    return _HEAD.match(text, lead.end() if lead is not None else 0)


def _end_of_paragraph(lines: Lines, place: int, end: int) -> int:
    while place < end and lines.texts[place].strip():
        place += 1
    return place


def _join(first: str, lines: Lines, begin: int, end: int) -> str:
    rest = lines.texts[begin : min(end, begin + _MAX_KEPT_LINES)]
    return "\n".join((first, *rest)).strip()


def _frame(function: str, place: str) -> Frame:
    file, _, line = place.partition(":")
    is_file = "." in file
    return Frame(
        function,
        _path(function, file) if is_file else None,
        int(line[:9]) if line else None,
        is_file and not function.startswith(_LIBRARY),
    )


def _path(function: str, file: str) -> str:
    """The package says in which folder the file lies."""
    packages = function.split(".")[:-2]
    return "/".join((*packages, file))
