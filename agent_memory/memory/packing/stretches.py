"""Stretches of a text, together."""

from bisect import bisect_left, bisect_right, insort

from agent_memory.memory.items.item import Span


class Stretches:
    """What of a text was taken: stretches that neither touch nor overlap, in their order."""

    def __init__(self) -> None:
        self._taken: list[tuple[int, int]] = []

    def add(self, span: Span) -> None:
        first, last = self._touching(span)
        touching = self._taken[first:last]
        begin = min((span.begin, *(begin for begin, _ in touching)))
        end = max((span.end, *(end for _, end in touching)))
        del self._taken[first:last]
        insort(self._taken, (begin, end))

    def num_in(self, span: Span) -> int:
        """How many characters of `span` are taken."""
        first, last = self._touching(span)
        return sum(
            max(0, min(end, span.end) - max(begin, span.begin))
            for begin, end in self._taken[first:last]
        )

    def _touching(self, span: Span) -> tuple[int, int]:
        first = bisect_left(self._taken, span.begin, key=lambda stretch: stretch[1])
        last = bisect_right(self._taken, span.end, key=lambda stretch: stretch[0])
        return first, max(first, last)
