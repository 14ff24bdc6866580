"""Where a call ends whose values are not escaped and may spell any of its marks."""

from dataclasses import dataclass

from agent_memory.prompts.call_forms.tags import ToolTags

_FEWEST_MARKS = 2


@dataclass(frozen=True, slots=True)
class CallEnd:
    """A place where a call may end.

    values_end: where its last value ends, the end mark of that value left out.
    at: where what follows the call begins.
    num_marks: how many of the marks of an end stand between the two.
    is_closed: whether the last value has its end mark, or there is no value.
    """

    values_end: int
    at: int
    num_marks: int
    is_closed: bool


class EndFinder:
    """Looks for the end of one call while its text comes in.

    An end is what has two marks of an end in a row at least. It is certain when the next call is
    opened after it; until then a later end with as many marks takes its place, and what seemed to
    follow belongs to a value.
    """

    def __init__(self, tags: ToolTags, begins_at: int) -> None:
        self._known = tags
        self._begins_at = begins_at
        self._scanned = begins_at
        self.best: CallEnd | None = None

    def search(self, raw: str) -> CallEnd | None:
        """The end that is certain, if there is one in all that was written so far."""
        for mark in self._known.marks.finditer(raw, self._scanned):
            self._scanned = mark.end()
            if mark["opening"] is None:
                self._consider(self._end_at(raw, mark.start(), mark.end()))
            elif self.best is not None:
                return self.best
        self._scanned = max(self._scanned, len(raw) - self._known.longest_mark)
        return None

    def last(self, raw: str) -> CallEnd:
        """The end of a call that reaches to the end of the output, whatever marks it lacks."""
        tags = self._known.tags
        start = len(raw)
        for mark in (tags.block[1], tags.call_end):
            start = self._start_of(mark, raw, start)
        return self._end_at(raw, start, len(raw))

    def _consider(self, end: CallEnd) -> None:
        fewest = _FEWEST_MARKS if self.best is None else self.best.num_marks
        if end.num_marks >= fewest:
            self.best = end

    def _end_at(self, raw: str, start: int, at: int) -> CallEnd:
        """The end whose last mark stands from `start` to `at`."""
        tags = self._known.tags
        num_marks = 1
        if tags.call_end and not raw.startswith(tags.call_end, start):
            before = self._start_of(tags.call_end, raw, start)
            num_marks += before < start
            start = before
        before = self._start_of(tags.value[1], raw, start)
        is_closed = before < start or self._is_empty(raw, start)
        return CallEnd(before, at, num_marks + is_closed, is_closed)

    def _start_of(self, mark: str, raw: str, end: int) -> int:
        """Where `mark` begins if it ends at `end`, blanks aside; else `end`."""
        at = self._without_blanks(raw, end) - len(mark)
        return at if mark and at >= self._begins_at and raw.startswith(mark, at) else end

    def _is_empty(self, raw: str, end: int) -> bool:
        return self._without_blanks(raw, end) == self._begins_at

    def _without_blanks(self, raw: str, end: int) -> int:
        while end > self._begins_at and raw[end - 1].isspace():
            end -= 1
        return end
