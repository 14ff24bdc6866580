"""Where the stack traces of a text are."""

from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import Trace
from agent_memory.memory.extraction.traces import go, java, javascript, python, rust

_MARKS = (python.MARK, rust.MARK, "panic: ", "fatal error: ", "goroutine ")


def may_have_traces(text: str) -> bool:
    """Cheap; False means that there is none."""
    return "at " in text or any(mark in text for mark in _MARKS)


def find_traces(lines: Lines, begin: int, end: int) -> list[Trace]:
    """Those that begin in lines [begin, end), in their order, none within another."""
    traces: list[Trace] = []
    floor = place = begin
    while place < end:
        trace = _parse_at(lines, place, floor, end)
        if trace is None or trace.end <= place:
            place += 1
            continue
        traces.append(trace)
        floor = place = trace.end
    return traces


def _parse_at(lines: Lines, place: int, floor: int, end: int) -> Trace | None:
    text = lines.texts[place]
    if python.MARK in text:
        return python.parse(lines, place, end)
    if rust.MARK in text:
        return rust.parse(lines, place, end)
    if ("panic" in text or "fatal" in text or "goroutine" in text) and go.is_head(text):
        return go.parse(lines, place, end)
    return _parse_frames(lines, place, floor, end)


def _parse_frames(lines: Lines, place: int, floor: int, end: int) -> Trace | None:
    """Of languages that put the head of a trace above frames that begin with `at`."""
    text = lines.texts[place]
    if not text.lstrip().startswith("at "):
        return None
    if java.is_frame(text):
        return java.parse(lines, place, floor, end)
    return javascript.parse(lines, place, floor, end) if javascript.is_frame(text) else None
