"""Stop strings, matched on text however it is cut."""

from collections.abc import Sequence


class StopMatcher:
    """Passes text on until one of `stops` appears in it.

    Text that may be the beginning of a stop string is held back until that is decided. The stop
    string that ends first wins; of two that end together, the longer one.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""

    @property
    def num_held(self) -> int:
        """Characters held back now."""
        return len(self._held)

    def push(self, text: str) -> tuple[str, str | None]:
        """The text that may be shown now, and the stop string that was met. After one was met,
        what follows it is gone."""
        if not self._stops:
            return text, None
        text = self._held + text
        self._held = ""
        hits = [(at + len(stop), at, stop) for stop in self._stops if (at := text.find(stop)) >= 0]
        if hits:
            _, at, stop = min(hits)
            return text[:at], stop
        num_held = held_suffix(text, self._stops)
        shown = len(text) - num_held
        self._held = text[shown:]
        return text[:shown], None

    def flush(self) -> str:
        """What was held back, now that nothing follows it."""
        text, self._held = self._held, ""
        return text


def held_suffix(text: str, markers: Sequence[str]) -> int:
    """Length of the longest end of `text` with which one of `markers` begins but does not end."""
    longest = 0
    for marker in markers:
        tail = text[-(len(marker) - 1) :] if len(marker) > 1 else ""
        at = tail.find(marker[0])
        while at >= 0 and len(tail) - at > longest:
            if marker.startswith(tail[at:]):
                longest = len(tail) - at
            at = tail.find(marker[0], at + 1)
    return longest
