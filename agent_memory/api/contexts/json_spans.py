"""Where values stand in a JSON text, so that they can be kept as they were written."""

import json
import re

_scan = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).raw_decode
_BLANK = re.compile(r"[ \t\n\r]*")

Span = tuple[int, int]
"""Begin and end of a value's text."""


def member_spans(text: str, begin: int = 0) -> dict[str, Span]:
    """The values of the object that begins at `begin`, by their names; of a name that stands twice,
    the last. `text` is known to be valid."""
    spans: dict[str, Span] = {}
    at = _skip(text, _skip(text, begin) + 1)
    while text[at] != "}":
        name, at = _scan(text, at)
        first = _skip(text, _skip(text, at) + 1)
        _, last = _scan(text, first)
        spans[name] = (first, last)
        at = _after(text, last)
    return spans


def entry_spans(text: str, begin: int) -> list[Span]:
    """The entries of the array that begins at `begin`."""
    spans: list[Span] = []
    at = _skip(text, _skip(text, begin) + 1)
    while text[at] != "]":
        _, last = _scan(text, at)
        spans.append((at, last))
        at = _after(text, last)
    return spans


def _after(text: str, at: int) -> int:
    """The beginning of what follows a value: the next one, or the bracket."""
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()
