"""One workspace's memory, in dictionaries."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent_memory.errors import NotFound
from agent_memory.ids import ItemId, MaterialId, ThreadId
from agent_memory.memory.consolidation.plan import Action
from agent_memory.memory.consolidation.record import ConsolidationRecord
from agent_memory.memory.items.ingestion import Remembered
from agent_memory.memory.items.item import Item, Material
from agent_memory.memory.items.kinds import ItemKind

Place = tuple[ThreadId, ItemKind, str]
"""Thread, kind and content hash: equal ones are one item."""


@dataclass
class ThreadEntry:
    """A thread without its items. `next_position`: of the next message, never given twice."""

    created_at: datetime
    updated_at: datetime
    title: str | None = None
    is_held: bool = False
    next_position: int = 0


@dataclass
class Shelf:
    """Items in the order of their arrival, and what is known beside them."""

    threads: dict[ThreadId, ThreadEntry] = field(default_factory=dict)
    materials: dict[MaterialId, tuple[Material, tuple[str, ...]]] = field(default_factory=dict)
    material_ids: dict[tuple[ThreadId, str], MaterialId] = field(default_factory=dict)
    items: dict[ItemId, Item] = field(default_factory=dict)
    item_ids: dict[Place, ItemId] = field(default_factory=dict)
    terms: dict[ItemId, frozenset[str]] = field(default_factory=dict)
    bands: dict[ItemId, frozenset[int]] = field(default_factory=dict)
    calls: dict[str, tuple[str, Remembered]] = field(default_factory=dict)
    consolidations: dict[str, tuple[ConsolidationRecord, Action]] = field(default_factory=dict)

    def touch_thread(self, thread: ThreadId) -> None:
        """Make the thread, unless there is one, the last used."""
        now = datetime.now(UTC)
        entry = self.threads.pop(thread, ThreadEntry(now, now))
        self.threads[thread] = entry
        entry.updated_at = now

    def take_position(self, thread: ThreadId) -> int:
        entry = self.threads[thread]
        entry.next_position += 1
        return entry.next_position - 1

    def all_items(self) -> list[Item]:
        """As readers see them: what is in a held thread is held."""
        return [self._seen(item) for item in self.items.values()]

    def get_item(self, item: ItemId) -> Item:
        try:
            return self._seen(self.items[item])
        except KeyError:
            raise NotFound("item", item) from None

    def get_thread(self, thread: ThreadId) -> ThreadEntry:
        try:
            return self.threads[thread]
        except KeyError:
            raise NotFound("thread", thread) from None

    def _seen(self, item: Item) -> Item:
        return replace(item, legal_hold=True) if self.threads[item.thread_id].is_held else item
