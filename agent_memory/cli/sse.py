"""Server-sent events out of the lines of a response."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event; `name` is empty where the stream names none. `data` is as it was sent."""

    name: str
    data: str


def parse_events(lines: Iterable[str]) -> Iterator[ServerSentEvent]:
    """The events in `lines` (without line ends). Comments, such as pings, are passed over.

    An event that the stream breaks off within is not an event (as the HTML standard has it).
    """
    name, data = "", list[str]()
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "" if line == "":
                if data:
                    yield ServerSentEvent(name, "\n".join(data))
                name, data = "", []
            case "event":
                name = value
            case "data":
                data.append(value)
