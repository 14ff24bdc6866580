"""Stacks that stand as text in a log of JSON objects, one a line."""

from collections.abc import Iterator, Mapping

import orjson

from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.traces.finder import may_have_traces

_MAX_LINE = 64 * 1024
"""Characters; a longer object is data."""
_MAX_DEPTH = 4


def find_json_stacks(text: str, lines: Lines) -> Iterator[Lines]:
    """The lines of each; they lie where the object does, and bear its time."""
    for place, line in enumerate(lines.texts):
        if not line.startswith("{"):
            continue
        begin, end = lines.extent(place, place + 1)
        start = text.find("{", begin, end)
        if start < 0 or end - start > _MAX_LINE or "\\n" not in line:
            continue
        for stack in _texts_with_stacks(_object(text[start:end])):
            yield _placed(stack, begin, end, lines, place)


def _object(written: str) -> object:
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return None


def _texts_with_stacks(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        if "\n" in value and may_have_traces(value):
            yield value
    elif isinstance(value, Mapping) and depth < _MAX_DEPTH:
        for inner in value.values():
            yield from _texts_with_stacks(inner, depth + 1)


def _placed(stack: str, begin: int, end: int, lines: Lines, place: int) -> Lines:
    texts = stack.split("\n")
    time = lines.times[place] if lines.times else ""
    return Lines(
        texts,
        [begin] * len(texts) + [end],
        lines.source,
        [end] * len(texts),
        [time or lines.texts[place]] * len(texts),
    )
