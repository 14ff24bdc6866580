"""The strings and brackets of a JSON text, found without parsing it.

A parser holds the interpreter's lock from its first byte to its last, and makes an object of each
value: 30 MiB of empty lists stop all other threads for seven seconds. Who counts first can refuse.
"""

import re
from collections.abc import Iterator

AT_ONCE = 64 * 1024
"""Bytes that are looked at in one go."""

_MARK = re.compile(rb'["\[\]{}]')
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)


def marks(text: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of every bracket, and of every string, quotes included. A string that has no
    end goes to the end of the text."""
    at = 0
    while at < len(text):
        match = _MARK.search(text, at, at + AT_ONCE)
        if match is None:
            at += AT_ONCE
            continue
        begin = match.start()
        at = _end_of_string(text, begin) if match[0] == b'"' else begin + 1
        yield begin, at


def has_more_values(text: bytes, limit: int) -> bool:
    """Whether a JSON text has more than `limit` values, keys included. Ends as soon as it has."""
    num_values = last = 0
    for begin, end in marks(text):
        commas = text.count(b",", last, begin)
        num_values += commas + (text[begin] in b'[{"')
        last = end
        if num_values > limit:
            return True
    return num_values + text.count(b",", last) > limit


def _end_of_string(text: bytes, begin: int) -> int:
    at = begin + 1
    while at < len(text):
        inside = _INSIDE.match(text, at, at + AT_ONCE)
        end = at if inside is None else inside.end()
        if text[end : end + 1] == b'"':
            return end + 1
        # The window may end within an escape.
        at = end if end > at else at + 2
    return len(text)
