"""Drafts that become items of a shelf."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent_memory.ids import ItemId, MaterialId, new_id
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Draft, Item, Material
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.items.validity import holds_from
from agent_memory.memory.search.terms import index_terms
from agent_memory.testing.dict_shelf import Shelf


@dataclass
class Writing:
    """One ingestion into `shelf`."""

    shelf: Shelf
    added: list[ItemId] = field(default_factory=list)
    updated: dict[ItemId, None] = field(default_factory=dict)
    num_known: int = 0

    def write(self, prepared: Sequence[Prepared]) -> Remembered:
        materials = tuple(self._write_material(one) for one in prepared)
        return Remembered(materials, tuple(self.added), tuple(self.updated), self.num_known)

    def _write_material(self, prepared: Prepared) -> MaterialId:
        thread = prepared.material.thread_id
        self.shelf.touch_thread(thread)
        place = (thread, prepared.content_hash)
        if (known := self.shelf.material_ids.get(place)) is not None:
            self.num_known += len(prepared.drafts)
            return known
        material_id = self.shelf.material_ids[place] = MaterialId(new_id("mat"))
        self.shelf.materials[material_id] = (prepared.material, prepared.notes)
        self.write_drafts(prepared, material_id)
        return material_id

    def write_drafts(self, prepared: Prepared, material_id: MaterialId) -> None:
        ids: list[ItemId] = []
        for draft in prepared.drafts:
            source = None if draft.source is None else ids[draft.source]
            ids.append(self._write_draft(prepared.material, material_id, draft, source))

    def _write_draft(
        self, material: Material, material_id: MaterialId, draft: Draft, source: ItemId | None
    ) -> ItemId:
        place = (material.thread_id, draft.kind, draft.content_hash)
        if (known := self.shelf.item_ids.get(place)) is not None:
            self._meet(known, draft)
            return known
        item_id = self.shelf.item_ids[place] = ItemId(new_id("item"))
        item = item_of(item_id, material_id, material, draft, source)
        if draft.kind is ItemKind.CHAT:
            item = replace(item, position=self.shelf.take_position(material.thread_id))
        put_item(self.shelf, item, draft)
        self.added.append(item_id)
        return item_id

    def _meet(self, item_id: ItemId, draft: Draft) -> None:
        """A message of the same time is the same event, told again; else it is one more."""
        self.num_known += 1
        held = self.shelf.items[item_id]
        num = held.num_occurrences + draft.num_occurrences
        if draft.occurred_at == held.occurred_at:
            num = max(held.num_occurrences, draft.num_occurrences)
        last = draft.last_occurred_at or draft.occurred_at
        if last <= (held.last_occurred_at or held.occurred_at):
            met = replace(held, num_occurrences=num)
        else:
            met = replace(held, num_occurrences=num, last_occurred_at=last)
        self.shelf.items[item_id] = met
        if met != held and item_id not in self.added:
            self.updated[item_id] = None


def put_item(shelf: Shelf, item: Item, draft: Draft) -> None:
    """The item, and the words it is found by."""
    shelf.items[item.item_id] = item
    terms = index_terms(draft.text, draft.context, draft.search_text)
    shelf.terms[item.item_id] = frozenset(terms.frequencies)


def item_of(
    item_id: ItemId,
    material_id: MaterialId,
    material: Material,
    draft: Draft,
    source: ItemId | None,
) -> Item:
    now = datetime.now(UTC)
    return Item(
        item_id=item_id,
        thread_id=material.thread_id,
        material_id=material_id,
        kind=draft.kind,
        state=ItemState.ACTIVE,
        text=draft.text,
        span=draft.span,
        occurred_at=draft.occurred_at,
        recorded_at=now,
        valid_from=holds_from(draft.occurred_at, now),
        content_hash=draft.content_hash,
        context=draft.context,
        role=draft.role,
        speaker=draft.speaker,
        source_id=source,
        subject=draft.subject,
        fingerprint=draft.fingerprint,
        keys=draft.keys,
        confidence=draft.confidence,
        num_occurrences=draft.num_occurrences,
        last_occurred_at=draft.last_occurred_at,
        metadata=draft.metadata,
    )
