"""Which drafts of an ingestion are new items, which are known, and where the new ones go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent_memory.ids import ItemId, MaterialId, ThreadId, new_id
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Draft
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.terms import Terms
from agent_memory.store.memory.draft_rows import Place, Row, draft_row
from agent_memory.store.memory.key_rows import KeyColumns

Identity = tuple[int, str, str]
"""Thread, kind and content hash: equal ones are one item."""


@dataclass(slots=True)
class ThreadRow:
    thread_id: ThreadId
    thread_no: int
    next_position: int


@dataclass(frozen=True, slots=True)
class FreshMaterial:
    """A material that was not stored before, and the terms of its drafts."""

    prepared: Prepared
    terms: Sequence[Terms]
    material_id: MaterialId
    thread: ThreadRow


@dataclass(slots=True)
class KnownItem:
    """An item that is stored, or will be by this ingestion."""

    item_no: int
    item_id: ItemId
    thread_no: int
    kind: str
    content_hash: str
    occurred_at: datetime
    last_occurred_at: datetime | None
    num_occurrences: int
    place: int | None

    @property
    def identity(self) -> Identity:
        return self.thread_no, self.kind, self.content_hash

    def meet(self, draft: Draft) -> bool:
        """Count the draft in, and say whether that changed anything.

        What began at the same time is the same event, told again and perhaps further.
        """
        before = self.num_occurrences, self.last_occurred_at
        if draft.occurred_at == self.occurred_at:
            self.num_occurrences = max(self.num_occurrences, draft.num_occurrences)
        else:
            self.num_occurrences += draft.num_occurrences
        last = draft.last_occurred_at or draft.occurred_at
        if last > (self.last_occurred_at or self.occurred_at):
            self.last_occurred_at = last
        return before != (self.num_occurrences, self.last_occurred_at)


@dataclass(slots=True)
class IngestPlan:
    """Rows to insert and counts to change. `numbers` are free item numbers, enough for all."""

    numbers: Iterator[int]
    known: dict[Identity, KnownItem]
    rows: dict[int, Row] = field(default_factory=dict)
    keys: KeyColumns = field(default_factory=KeyColumns)
    added: list[ItemId] = field(default_factory=list)
    changed: dict[int, KnownItem] = field(default_factory=dict)
    num_known: int = 0

    def add(self, material: FreshMaterial) -> None:
        """Plan all drafts of one material."""
        items: list[KnownItem] = []
        for draft, terms in zip(material.prepared.drafts, material.terms, strict=True):
            source = None if draft.source is None else items[draft.source]
            items.append(self._add_draft(material, draft, terms, source))

    def _add_draft(
        self, material: FreshMaterial, draft: Draft, terms: Terms, source: KnownItem | None
    ) -> KnownItem:
        identity = (material.thread.thread_no, draft.kind.value, draft.content_hash)
        known = self.known.get(identity)
        if known is not None:
            self._meet(known, draft)
            return known
        position = _take_position(material.thread) if draft.kind is ItemKind.CHAT else None
        place = Place(
            item_no=next(self.numbers),
            item_id=ItemId(new_id("item")),
            thread_no=material.thread.thread_no,
            material_id=material.material_id,
            position=position,
            place=source.place if position is None and source else position,
            source_id=source.item_id if source else None,
        )
        self.rows[place.item_no] = draft_row(draft, terms, place)
        self.keys.add(place.item_no, draft.keys)
        self.added.append(place.item_id)
        self.known[identity] = _known(place, draft)
        return self.known[identity]

    def _meet(self, known: KnownItem, draft: Draft) -> None:
        self.num_known += 1
        if not known.meet(draft):
            return
        if (row := self.rows.get(known.item_no)) is not None:
            row["num_occurrences"] = known.num_occurrences
            row["last_occurred_at"] = known.last_occurred_at
        else:
            self.changed[known.item_no] = known


def _take_position(thread: ThreadRow) -> int:
    thread.next_position += 1
    return thread.next_position - 1


def _known(place: Place, draft: Draft) -> KnownItem:
    return KnownItem(
        item_no=place.item_no,
        item_id=place.item_id,
        thread_no=place.thread_no,
        kind=draft.kind.value,
        content_hash=draft.content_hash,
        occurred_at=draft.occurred_at,
        last_occurred_at=draft.last_occurred_at,
        num_occurrences=draft.num_occurrences,
        place=place.place,
    )
