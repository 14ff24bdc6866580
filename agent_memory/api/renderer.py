"""The interface of a protocol's renderer, and how server-sent events are written."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import orjson

from agent_memory.api.answer import Answer
from agent_memory.api.errors import Fault
from agent_memory.turns.events import TurnEvent


class Renderer(Protocol):
    """One response in one protocol. `source` is the index of the turn, where there are several."""

    surface: str
    """Name of the surface in metrics."""

    def event(self, source: int, event: TurnEvent) -> bytes:
        """Server-sent events for `event`; empty where the protocol says nothing of it."""
        ...

    def ping(self) -> bytes: ...

    def end(self) -> bytes:
        """What follows the last turn's last event."""
        ...

    def error(self, fault: Fault) -> bytes:
        """An error in the middle of a stream."""
        ...

    def whole(self, answers: Sequence[Answer]) -> Mapping[str, object]:
        """The body for a client that does not stream."""
        ...


def named_event(name: str, data: object) -> bytes:
    """A server-sent event with a name and JSON data (dataclasses included)."""
    return b"event: " + name.encode() + b"\ndata: " + _one_line(data) + b"\n\n"


def bare_event(data: object) -> bytes:
    """A server-sent event of JSON data alone."""
    return b"data: " + _one_line(data) + b"\n\n"


_LINE_SEPARATORS = tuple(
    (char.encode(), b"\\u%04x" % ord(char)) for char in ("\x85", "\u2028", "\u2029")
)


def _one_line(data: object) -> bytes:
    """JSON without the characters that many clients take for the end of a line, though the
    specification of server-sent events does not; escaped, they are the same JSON."""
    raw = orjson.dumps(data)
    if raw.isascii():
        return raw
    for separator, escaped in _LINE_SEPARATORS:
        raw = raw.replace(separator, escaped)
    return raw


COMMENT_PING = b": ping\n\n"
"""A comment keeps the connection alive where the protocol has no ping of its own."""
