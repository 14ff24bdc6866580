"""Drafts as rows of `items`, with the terms that they will be found by."""

from dataclasses import dataclass

from agent_memory.ids import ItemId, MaterialId
from agent_memory.memory.items.item import Draft
from agent_memory.memory.search.terms import Terms
from agent_memory.store.memory.safe_json import escape_mapping
from agent_memory.store.safe_text import escape

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new item goes: its numbers, and those of what it was derived from."""

    item_no: int
    item_id: ItemId
    thread_no: int
    material_id: MaterialId
    position: int | None
    place: int | None
    source_id: ItemId | None


def draft_row(draft: Draft, terms: Terms, place: Place) -> Row:
    """The columns of `insert_items`."""
    return {
        "item_no": place.item_no,
        "item_id": place.item_id,
        "thread_no": place.thread_no,
        "material_id": place.material_id,
        "position": place.position,
        "place": place.place,
        "source_id": place.source_id,
        "kind": draft.kind.value,
        "text": escape(draft.text),
        "context": escape(draft.context),
        "search_text": escape(draft.search_text),
        "span_begin": draft.span.begin,
        "span_end": draft.span.end,
        "occurred_at": draft.occurred_at,
        "last_occurred_at": draft.last_occurred_at,
        "content_hash": draft.content_hash,
        "role": draft.role,
        "speaker": escape(draft.speaker) if draft.speaker else None,
        "subject": escape(draft.subject) if draft.subject else None,
        "fingerprint": escape(draft.fingerprint) if draft.fingerprint else None,
        "keys": [(key.kind.value, escape(key.value)) for key in draft.keys],
        "confidence": draft.confidence,
        "num_occurrences": draft.num_occurrences,
        "metadata": escape_mapping(draft.metadata),
        "terms": list(terms.frequencies),
        "frequencies": list(terms.frequencies.values()),
        "length": terms.length,
    }
