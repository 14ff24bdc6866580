"""The findings in a material so far, and where the reader is."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft, Span


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a material that is read in one way.

    begin: where it lies in the material. source: index of the draft that it was said in.
    """

    text: str
    begin: int
    occurred_at: datetime
    source: int | None = None

    def span(self, begin: int, end: int) -> Span:
        """Characters of the passage as characters of the material."""
        return Span(self.begin + begin, self.begin + end)

    def whole(self) -> Span:
        return self.span(0, len(self.text))


@dataclass(slots=True)
class Findings:
    """Drafts and notes in the order in which they were found."""

    drafts: list[Draft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    """By content hash."""
    _latest: dict[str, int] = field(default_factory=dict)
    """By subject, the draft that holds."""

    def add(self, draft: Draft) -> int:
        """Returns its index, for others to name as their source. What was found before is counted
        once more, unless something else has been said of its subject since: then it is news."""
        content = draft.content_hash
        known = self._places.get(content)
        if known is not None and self._is_overtaken(draft.subject, known):
            draft = _told_again(draft, len(self.drafts))
            known = None
        if known is not None:
            self.drafts[known] = _counted(self.drafts[known], draft)
            return known
        index = len(self.drafts)
        self.drafts.append(draft)
        self._places[content] = index
        if draft.subject is not None:
            self._latest[draft.subject] = index
        return index

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _is_overtaken(self, subject: str | None, known: int) -> bool:
        if subject is None:
            return False
        latest = self.drafts[self._latest[subject]]
        return latest.text != self.drafts[known].text


def _counted(known: Draft, again: Draft) -> Draft:
    last = max(known.last_occurred_at or known.occurred_at, again.occurred_at)
    num = known.num_occurrences + again.num_occurrences
    return replace(known, num_occurrences=num, last_occurred_at=last)


def _told_again(draft: Draft, place: int) -> Draft:
    """A later place in the same text makes it another item, and the same one each time."""
    return replace(draft, content_hash=content_hash(draft.kind, draft.text, str(place)))
