"""What has been found so far in a material, and where the reader is."""

from dataclasses import dataclass, field
from datetime import datetime

from agent_memory.memory.item import Draft, Span


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

    def add(self, draft: Draft) -> int:
        """Returns its index, for others to name as their source."""
        self.drafts.append(draft)
        return len(self.drafts) - 1

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)
