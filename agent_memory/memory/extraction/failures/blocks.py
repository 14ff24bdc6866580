"""The lines that a test runner prints below the heading of a failed test."""

import re

from agent_memory.memory.extraction.failures.failure import MAX_FRAMES, Failure, Test, failure_of
from agent_memory.memory.extraction.failures.headings import Heading, Runner
from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import Frame, Trace
from agent_memory.memory.extraction.traces import java
from agent_memory.memory.extraction.traces.finder import find_traces

_PYTEST_ERROR = re.compile(r"E {1,8}(\S.*)$")
_PYTEST_TYPE = re.compile(r"([A-Za-z_][\w.]*)(?:: ?(.*))?$")
_PYTEST_PLACE = re.compile(r"(\S+\.pyi?):(\d+): (?:in (\S+)|([A-Za-z_][\w.]*))?")
_GO_PLACE = re.compile(r"\s+([\w./-]+\.go):(\d+): ?(.*)$")
_JEST_END = re.compile(r"(?:Test Suites:|Tests: |(?:PASS|FAIL) \S|Summary of all failing tests)")
_GO_END = re.compile(r"(?:=== |\s*--- (?:PASS|SKIP|FAIL)|FAIL\b|PASS\b|ok \s|exit status)")
_RULE = re.compile(r"[=\-_]{5,}")
_PYTHON_LIBRARIES = ("site-packages", "dist-packages", "/lib/python", "importlib/", "<frozen")
_MAX_MESSAGE_LINES = 12


def read_block(heading: Heading, lines: Lines, at: int, end: int) -> Failure:
    """The failure whose heading is line `at`; it ends in line `end` or before."""
    if heading.runner is Runner.JUNIT:
        return _read_junit(heading.test, lines, at, end)
    if heading.runner is Runner.PYTEST:
        return _read_pytest(heading.test, lines, at, end)
    if heading.runner is Runner.GO:
        end = _first_match(_GO_END, lines, at + 1, end)
        return _read_go(heading.test, lines, at, end)
    if heading.runner is Runner.JEST:
        end = _first_match(_JEST_END, lines, at + 1, end)
    return _read_traced(heading, lines, at, end)


def _read_junit(test: Test, lines: Lines, at: int, end: int) -> Failure:
    place = at + 1
    while place < min(end, at + 4) and lines.texts[place].strip() in {"", "FAILED"}:
        place += 1
    trace = java.parse_headed(lines, place, end) if place < end else None
    if trace is not None:
        return failure_of(trace, test, at, trace.end)
    last = _end_of_paragraph(lines, place, end)
    if (traces := find_traces(lines, at + 1, last)) != []:
        return failure_of(traces[0], test, at, traces[0].end)
    return Failure(test, "", _message(lines, at + 1, last), (), at, last)


def _read_traced(heading: Heading, lines: Lines, at: int, end: int) -> Failure:
    """A test whose own stack trace, if there is one, is in the usual form of its language."""
    traces = find_traces(lines, at + 1, end)
    if not traces:
        test = heading.test
        return Failure(test, "", _message(lines, at + 1, end), (), at, _trimmed(lines, at, end))
    test = (
        heading.test if heading.runner is not Runner.JEST else _with_file(heading.test, traces[0])
    )
    stop = end if heading.runner is Runner.JEST else traces[0].end
    failure = failure_of(traces[0], test, at, _trimmed(lines, at, stop))
    if failure.exception or heading.runner is not Runner.JEST:
        return failure
    message = _message(lines, at + 1, traces[0].begin)
    return Failure(test, "", message, failure.frames, at, failure.end, language=failure.language)


def _with_file(test: Test, trace: Trace) -> Test:
    files = [frame.file for frame in trace.frames if frame.is_project and frame.file is not None]
    own = next((file for file in files if ".test." in file or ".spec." in file), None)
    return Test(test.name, test.suite, own)


def _read_go(test: Test, lines: Lines, at: int, end: int) -> Failure:
    traces = find_traces(lines, at + 1, end)
    if traces:
        return failure_of(traces[0], test, at, traces[0].end)
    places = [_GO_PLACE.match(text) for text in lines.texts[at + 1 : end]]
    frames = [Frame(test.name, m.group(1), int(m.group(2)[:9]), True) for m in places if m]
    said = [
        match.group(3) if match is not None else text.strip()
        for text, match in zip(lines.texts[at + 1 : end], places, strict=True)
    ]
    message = "\n".join(line for line in said if line)[:2000]
    return Failure(
        test, "", message, tuple(frames[:MAX_FRAMES]), at, _trimmed(lines, at, end), language="go"
    )


def _read_pytest(test: Test, lines: Lines, at: int, end: int) -> Failure:
    """Lines with `E`, and the places in files, the innermost call last."""
    errors: list[str] = []
    frames: list[Frame] = []
    place = at + 1
    while place < end and _RULE.match(lines.texts[place]) is None:
        text = lines.texts[place]
        if (error := _PYTEST_ERROR.match(text)) is not None:
            errors.append(error.group(1))
        elif ".py" in text and (found := _PYTEST_PLACE.match(text)) is not None:
            file, line, function, _ = found.groups()
            frames.append(Frame(function or "", file, int(line[:9]), _is_own(file)))
        place += 1
    exception, message = _pytest_error(errors)
    traces = find_traces(lines, at + 1, place) if not errors else []
    if traces:
        return failure_of(traces[0], test, at, place)
    if frames and not frames[0].function and test.file is None:
        frames[0] = Frame(test.name.split("[")[0], frames[0].file, frames[0].line, True)
    suite = test.file or next((f.file for f in frames if f.is_project), None)
    own = [frame for frame in reversed(frames) if frame.is_project][:MAX_FRAMES]
    named = Test(test.name, suite, suite)
    return Failure(named, exception, message, tuple(own), at, place, language="python")


def _is_own(file: str) -> bool:
    return not any(mark in file for mark in _PYTHON_LIBRARIES)


def _pytest_error(errors: list[str]) -> tuple[str, str]:
    """The first line names the exception, unless it is the assertion itself."""
    if not errors:
        return "", ""
    head = _PYTEST_TYPE.match(errors[0])
    rest = "\n".join(errors[1:_MAX_MESSAGE_LINES])
    if head is None or errors[0].startswith(("assert ", "+")):
        return "AssertionError", f"{errors[0]}\n{rest}".strip()
    return head.group(1), f"{head.group(2) or ''}\n{rest}".strip()


def _message(lines: Lines, begin: int, end: int) -> str:
    texts = (text.strip() for text in lines.texts[begin:end])
    kept = [text for text in texts if text and _RULE.match(text) is None]
    return "\n".join(kept[:_MAX_MESSAGE_LINES])[:2000]


def _first_match(pattern: re.Pattern[str], lines: Lines, begin: int, end: int) -> int:
    places = (place for place in range(begin, end) if pattern.match(lines.texts[place]))
    return next(places, end)


def _end_of_paragraph(lines: Lines, place: int, end: int) -> int:
    while place < end and lines.texts[place].strip():
        place += 1
    return place


def _trimmed(lines: Lines, begin: int, end: int) -> int:
    """Without empty lines at the end."""
    while end > begin + 1 and not lines.texts[end - 1].strip():
        end -= 1
    return end
