"""Server-sent events out of lines, one line at a time."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class EventLines:
    """Takes lines without their ends; `take` answers an event when a blank line ends it."""

    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def take(self, line: str) -> tuple[str, str] | None:
        if not line:
            event = (self._name, "\n".join(self._data)) if self._data else None
            self._name, self._data = "", []
            return event
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        return None
