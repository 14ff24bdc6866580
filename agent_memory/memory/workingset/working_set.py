"""A working set: entries by section, each with its mark."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item
from agent_memory.memory.workingset.sections import SectionName


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in the text.

    score: its relevance to the purpose; None when it stands here for being recent.
    text: as it stands after its mark, cut when not `is_whole`.
    fixes: the failures, in the same section, that this change is known to have fixed.
    """

    mark: int
    item: Item
    text: str
    is_whole: bool
    score: float | None = None
    fixes: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Entries by date. num_dropped: what would have belonged here and found no room, or is said
    elsewhere."""

    name: SectionName
    entries: tuple[Entry, ...] = ()
    num_dropped: int = 0


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """Every section, the empty ones too, in their order. `num_tokens` are those of `render`."""

    sections: tuple[Section, ...]
    num_tokens: int
    is_degraded: bool = False
    note: str = ""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """In the order of the text."""
        return tuple(entry for section in self.sections for entry in section.entries)

    @property
    def citations(self) -> Mapping[int, Item]:
        """What each mark stands for."""
        return {entry.mark: entry.item for entry in self.entries}

    @property
    def dropped(self) -> Mapping[SectionName, int]:
        return {section.name: section.num_dropped for section in self.sections}
