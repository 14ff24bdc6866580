"""Where the values of a JSON text stand, so that one of them can be changed and no other byte.

Parsing and writing again would change spaces, escapes and numbers, and with them the beginning of
a prompt that a provider has cached.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import orjson

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_DEEPER = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """A value and, where it is a member of an object, its name. `begin`: of the name, if any."""

    name: str
    begin: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `data` in place of the bytes from `begin` to `end`."""

    begin: int
    end: int
    data: bytes


def members(text: bytes, at: int = 0) -> Iterator[Span]:
    """The members of the object that begins at or after `at`. The text is known to be JSON."""
    at = _opened(text, at)
    while (token := _TOKEN.search(text, at)) is not None and token[0] != b"}":
        if token[0] == b",":
            at = token.end()
            continue
        colon = _next(text, token.end())
        value = _next(text, colon.end())
        end = _end(text, value)
        yield Span(orjson.loads(token[0]), token.start(), value.start(), end)
        at = end


def elements(text: bytes, at: int = 0) -> Iterator[Span]:
    """The elements of the array that begins at or after `at`."""
    at = _opened(text, at)
    while (token := _TOKEN.search(text, at)) is not None and token[0] != b"]":
        if token[0] == b",":
            at = token.end()
            continue
        end = _end(text, token)
        yield Span("", token.start(), token.start(), end)
        at = end


def spliced(text: bytes, splices: Sequence[Splice]) -> bytes:
    """`text` with all of `splices`, which do not overlap."""
    pieces, at = [], 0
    for splice in sorted(splices, key=lambda one: (one.begin, one.end)):
        pieces += [text[at : splice.begin], splice.data]
        at = splice.end
    return b"".join([*pieces, text[at:]])


def without(spans: Sequence[Span], gone: Container[str]) -> list[Splice]:
    """Leaves the members named in `gone` out of the object whose members are `spans`."""
    num_kept = max((at + 1 for at, span in enumerate(spans) if span.name not in gone), default=0)
    splices = [
        Splice(span.begin, spans[at + 1].begin, b"")
        for at, span in enumerate(spans[:num_kept])
        if span.name in gone
    ]
    if num_kept < len(spans):
        begin = spans[num_kept - 1].end if num_kept else spans[0].begin
        splices.append(Splice(begin, spans[-1].end, b""))
    return splices


def _opened(text: bytes, at: int) -> int:
    return _next(text, at).end()


def _next(text: bytes, at: int) -> re.Match[bytes]:
    token = _TOKEN.search(text, at)
    if token is None:
        raise ValueError("the text is no JSON")
    return token


def _end(text: bytes, token: re.Match[bytes]) -> int:
    if token[0] not in {b"{", b"["}:
        return token.end()
    depth, at = 1, token.end()
    while depth:
        mark = _DEEPER.search(text, at)
        if mark is None:
            raise ValueError("the text is no JSON")
        depth += (mark[0] in {b"{", b"["}) - (mark[0] in {b"}", b"]"})
        at = mark.end()
    return at
