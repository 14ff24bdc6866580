"""A text that is filled line by line until its tokens are used up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item
from agent_memory.memory.packing.line_text import cut_line_text, day_of, line_text
from agent_memory.memory.packing.said_before import SaidBefore
from agent_memory.memory.ports import TokenCounter

LARGEST_SHARE = 0.5
"""Of the room, what one item can have while others wait: a longer one is cut."""
SMALLEST_SHARE = 96
"""Tokens that any item can have, in however little room."""
SHORTEST_CUT = 32
"""Tokens; an item is not cut to less than that."""

_MARK = "[99] "
"""Most have two digits; what more it comes to in the end is seen when the whole is counted."""
_MAX_CUTS = 5
_LESS = 0.9


@dataclass(frozen=True, slots=True)
class Around:
    """What a line says besides its item: before it, and after it. Never cut."""

    before: str = ""
    after: str = ""

    def put(self, text: str) -> str:
        return f"{self.before}{text}{self.after}"


_NOTHING = Around()


class Offer(Enum):
    """What became of an item that was offered."""

    TAKEN = auto()
    SAID = auto()
    """Another line says the same."""
    TOO_LONG = auto()


class Filling:
    """Takes items as long as their lines fit. Tokens throughout.

    room: what all lines may have together; it may be widened. `said` can be shared with others, so
    that nothing is said twice among them.
    """

    def __init__(self, room: int, counter: TokenCounter, said: SaidBefore) -> None:
        self.room = room
        self.num_used = 0
        self._counter = counter
        self._said = said
        self._lines: dict[ItemId, str] = {}
        self._cut: dict[ItemId, tuple[Item, Around]] = {}
        self._days: set[date] = set()

    @property
    def num_left(self) -> int:
        return self.room - self.num_used

    @property
    def lines(self) -> Mapping[ItemId, str]:
        """What was taken, as it is to be said, without marks and dates."""
        return self._lines

    def is_whole(self, item_id: ItemId) -> bool:
        return item_id not in self._cut

    def offer(self, item: Item, around: Around = _NOTHING) -> Offer:
        """Take the item unless it was said or does not fit. One that would have more than its share
        is cut to it."""
        if self._said.is_said(item):
            return Offer.SAID
        limit = max(int(self.room * LARGEST_SHARE), min(self.room, SMALLEST_SHARE))
        text = around.put(line_text(item))
        num_tokens = self._cost(item, text)
        if num_tokens > limit:
            return self.offer_cut(item, limit, around)
        if num_tokens > self.num_left:
            return Offer.TOO_LONG
        self._take(item, text, num_tokens)
        return Offer.TAKEN

    def offer_cut(self, item: Item, limit: int, around: Around = _NOTHING) -> Offer:
        """Take as much of the item as `limit` tokens hold."""
        if self._said.is_said(item):
            return Offer.SAID
        fitting = self._fit(item, min(limit, self.num_left), around)
        if fitting is None:
            return Offer.TOO_LONG
        text, num_tokens = fitting
        self._take(item, text, num_tokens)
        if text != around.put(line_text(item)):
            self._cut[item.item_id] = (item, around)
        return Offer.TAKEN

    def widen_cuts(self) -> None:
        """Give what is left to the items that were cut, the first of them first."""
        for item, around in tuple(self._cut.values()):
            before = self._cost(item, self._lines[item.item_id])
            fitting = self._fit(item, before + self.num_left, around)
            if fitting is not None and fitting[1] > before:
                self._lines[item.item_id] = fitting[0]
                self.num_used += fitting[1] - before
                if fitting[0] == around.put(line_text(item)):
                    del self._cut[item.item_id]

    def _fit(self, item: Item, limit: int, around: Around) -> tuple[str, int] | None:
        """The item cut to `limit` tokens, and how many it has; None when it would be too little."""
        if limit < SHORTEST_CUT:
            return None
        text = around.put(line_text(item))
        num_tokens = self._cost(item, text)
        num_chars = len(item.text)
        for _ in range(_MAX_CUTS):
            if num_tokens <= limit:
                return text, num_tokens
            num_chars = int(min(num_chars, len(text)) * limit / num_tokens * _LESS)
            text = around.put(cut_line_text(item, num_chars))
            num_tokens = self._cost(item, text)
        return (text, num_tokens) if num_tokens <= limit else None

    def _take(self, item: Item, text: str, num_tokens: int) -> None:
        self._said.add(item)
        self._days.add(day_of(item.occurred_at))
        self._lines[item.item_id] = text
        self.num_used += num_tokens

    def _cost(self, item: Item, text: str) -> int:
        day = day_of(item.occurred_at)
        num_tokens = self._counter.count(f"{_MARK}{text}\n")
        return num_tokens if day in self._days else num_tokens + self._counter.count(f"{day}\n")
