"""Reports in the XML of JUnit, read even where they are broken off."""

import html
import re
from collections.abc import Iterator

from agent_memory.memory.extraction.failures.failure import Failure, Test, failure_of
from agent_memory.memory.extraction.lines import Lines, cut_lines
from agent_memory.memory.extraction.traces import java
from agent_memory.memory.extraction.traces.finder import find_traces

MARK = "<testcase"
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_FAILURE = re.compile(r"<(failure|error)\b")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")


def find_failures(text: str, lines: Lines) -> Iterator[Failure]:
    """Failed test cases in their order."""
    begin = text.find(MARK)
    while begin >= 0:
        following = text.find(MARK, begin + len(MARK))
        end = following if following >= 0 else len(text)
        failure = _read_case(text, begin, end, lines)
        if failure is not None:
            yield failure
        begin = following


def _read_case(text: str, begin: int, end: int, lines: Lines) -> Failure | None:
    tag_end = _end_of_tag(text, begin, end)
    found = _FAILURE.search(text, tag_end, end)
    if found is None:
        return None
    attributes = _attributes(text[begin:tag_end])
    body_begin = _end_of_tag(text, found.start(), end)
    said = _attributes(text[found.start() : body_begin])
    closing = text.find(f"</{found.group(1)}>", body_begin, end)
    is_empty = text[body_begin - 2 : body_begin] == "/>"
    body = "" if is_empty else text[body_begin : closing if closing >= 0 else end]
    case_end = text.find("</testcase>", body_begin, end)
    last = lines.line_at(case_end if case_end >= 0 else closing if closing >= 0 else end - 1)
    file = attributes.get("file")
    test = Test(attributes.get("name", ""), attributes.get("classname"), file)
    return _failure(test, said, _CDATA.sub("", body), lines.line_at(begin), last + 1)


def _failure(test: Test, said: dict[str, str], body: str, begin: int, end: int) -> Failure:
    """What the element's text tells, and where it is silent its attributes."""
    body_lines = cut_lines(html.unescape(body).strip())
    trace = java.parse_headed(body_lines, 0, len(body_lines)) if body else None
    if trace is None or not trace.frames:
        trace = next(iter(find_traces(body_lines, 0, len(body_lines))), trace)
    exception, message = said.get("type", ""), said.get("message", "")
    if trace is not None:
        failure = failure_of(trace, test, begin, end)
        if trace.exception:
            return failure
        return Failure(test, exception, message, failure.frames, begin, end)
    if not message:
        message = html.unescape(body).strip()[:2000]
    return Failure(test, exception, message, (), begin, end)


def _end_of_tag(text: str, begin: int, end: int) -> int:
    """Behind its `>`, which may also stand in an attribute."""
    quote = ""
    for place in range(begin, min(end, begin + 20_000)):
        char = text[place]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == ">":
            return place + 1
    return end


def _attributes(tag: str) -> dict[str, str]:
    return {
        name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)
    }
