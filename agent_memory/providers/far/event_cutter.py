"""Server-sent events, cut out of bytes however those were cut on their way."""

import re
from dataclasses import dataclass

from agent_memory.errors import UpstreamBroken

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""A longer one is no event of any model's."""
_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\r\n\n|\n\r\n")
_LINE = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One event: its bytes with the blank line after it, and what it says."""

    raw: bytes
    name: str
    data: bytes


class EventCutter:
    """Takes bytes as they come; gives whole events, whose bytes together are those that came."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[SentEvent]:
        """The events that end in `data`. `UpstreamBroken` when one grows beyond all measure."""
        text = self._rest + data
        events, at = [], 0
        while (end := _END.search(text, at)) is not None:
            if _may_go_on(text, end.end()):
                break
            events.append(_event(text[at : end.end()]))
            at = end.end()
        self._rest = text[at:]
        if len(self._rest) > MAX_EVENT_BYTES:
            raise UpstreamBroken("The provider sent an event that does not end.")
        return events

    def close(self) -> list[SentEvent]:
        """The stream has ended: what is left is an event if it is a whole one."""
        rest, self._rest = self._rest, b""
        return [_event(rest)] if _END.search(rest) else []

    @property
    def rest(self) -> bytes:
        """What came of an event that has not ended."""
        return self._rest


def _may_go_on(text: bytes, end: int) -> bool:
    """Whether the end of the event is a carriage return whose line feed may still come."""
    return end == len(text) and text.endswith(b"\r")


def _event(raw: bytes) -> SentEvent:
    name, data = "", []
    for line in _LINE.split(raw):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode(errors="replace")
    return SentEvent(raw, name, b"\n".join(data))
