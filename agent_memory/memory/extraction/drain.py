"""Lines of one event found by a tree of fixed depth.

That is Drain (He, Zhu, Zheng and Lyu, "Drain: an online log parsing approach with fixed depth
tree", 2017): number of words -> first word -> events. A line joins the event most of whose words it
has in the same places; a word in which they differ varies from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import eq

_SIMILARITY = 0.7
_MAX_EVENTS = 256
"""Compared with each line; beyond it the event that was met least lately is closed."""
_MAX_FIRST_WORDS = 100
"""Of lines of one length; the last of them stands for all words that came later."""
_OTHERS = None


@dataclass(eq=False, slots=True)
class Event:
    """`words`: those of its first line, None where lines have differed. `lines`: their numbers."""

    words: list[str | None]
    beside: list["Event"]
    lines: list[int] = field(default_factory=list)

    def num_equal(self, words: Sequence[str]) -> int:
        return sum(map(eq, self.words, words))

    @property
    def num_varying(self) -> int:
        return self.words.count(None)

    def take(self, number: int, words: Sequence[str]) -> None:
        """A line of as many words."""
        self.lines.append(number)
        pairs = zip(self.words, words, strict=True)
        self.words = [ours if ours == theirs else None for ours, theirs in pairs]


class Drain:
    """Reads lines one by one. `any_word`: how a text that was read before may write what varies."""

    def __init__(self, any_word: str) -> None:
        self._any_word = any_word
        self._by_length: dict[int, dict[str | None, list[Event]]] = {}
        self._open: dict[Event, None] = {}
        self._num_lines = 0
        self.events: list[Event] = []

    def read(self, words: Sequence[str]) -> None:
        event = self._nearest(words) or self._begin(words)
        event.take(self._num_lines, words)
        self._num_lines += 1
        self._open.pop(event, None)
        self._open[event] = None
        if len(self._open) > _MAX_EVENTS:
            self._close(next(iter(self._open)))

    def _nearest(self, words: Sequence[str]) -> Event | None:
        """The likest open event; of equals the one that varies most, then the older."""
        by_word = self._by_length.get(len(words), {})
        beside = by_word.get(self._first(words), by_word.get(_OTHERS, []))
        best, best_likeness = None, (_SIMILARITY * len(words), -1)
        for event in beside:
            likeness = (event.num_equal(words), event.num_varying)
            if likeness > best_likeness:
                best, best_likeness = event, likeness
        return best

    def _begin(self, words: Sequence[str]) -> Event:
        by_word = self._by_length.setdefault(len(words), {})
        first = self._first(words)
        room = _MAX_FIRST_WORDS - (_OTHERS not in by_word)
        if first not in by_word and len(by_word) >= room:
            first = _OTHERS
        beside = by_word.setdefault(first, [])
        event = Event([None if word == self._any_word else word for word in words], beside)
        beside.append(event)
        self.events.append(event)
        return event

    def _close(self, event: Event) -> None:
        del self._open[event]
        event.beside.remove(event)

    def _first(self, words: Sequence[str]) -> str | None:
        """Lines of a single word, which would be all there is to tell them apart, lie together."""
        return words[0] if len(words) > 1 and words[0] != self._any_word else _OTHERS
