"""Rows of the view `stored_items`, and the items that they are."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId
from agent_memory.memory.items.item import Item, Key, Span
from agent_memory.memory.items.kinds import ItemKind, ItemState, KeyKind, Role
from agent_memory.store.memory.safe_json import decode_mapping
from agent_memory.store.safe_text import unescape

_KINDS = {kind.value: kind for kind in ItemKind}
_STATES = {state.value: state for state in ItemState}
_ROLES = {role.value: role for role in Role}
"""To look up: to call an enumeration takes ten times as long, and a search makes a hundred."""


def decode_keys(raw: str) -> tuple[Key, ...]:
    """The keys of an item from their JSON."""
    if raw == "[]":
        return ()
    return tuple(Key(KeyKind(kind), unescape(value)) for kind, value in orjson.loads(raw))


@dataclass(slots=True)
class ItemRow:
    workspace_id: WorkspaceId
    item_no: int
    item_id: ItemId
    thread_no: int
    thread_id: ThreadId
    material_id: MaterialId
    kind: str
    state: str
    text: str
    context: str
    span_begin: int
    span_end: int
    occurred_at: datetime
    last_occurred_at: datetime | None
    recorded_at: datetime
    valid_from: datetime
    valid_to: datetime | None
    retired_at: datetime | None
    content_hash: str
    role: str | None
    speaker: str | None
    position: int | None
    place: int | None
    source_id: ItemId | None
    subject: str | None
    fingerprint: str | None
    keys: str
    confidence: float
    num_occurrences: int
    successor_id: ItemId | None
    importance_override: float | None
    num_uses: int
    num_helpful: int
    num_not_helpful: int
    legal_hold: bool
    metadata: str
    terms: list[str]

    def item(self) -> Item:
        return Item(
            item_id=self.item_id,
            thread_id=self.thread_id,
            material_id=self.material_id,
            kind=_KINDS[self.kind],
            state=_STATES[self.state],
            text=unescape(self.text),
            span=Span(self.span_begin, self.span_end),
            occurred_at=self.occurred_at,
            recorded_at=self.recorded_at,
            valid_from=self.valid_from,
            content_hash=self.content_hash,
            context=unescape(self.context),
            role=None if self.role is None else _ROLES[self.role],
            speaker=None if self.speaker is None else unescape(self.speaker),
            position=self.position,
            source_id=self.source_id,
            subject=None if self.subject is None else unescape(self.subject),
            fingerprint=None if self.fingerprint is None else unescape(self.fingerprint),
            keys=decode_keys(self.keys),
            confidence=self.confidence,
            num_occurrences=self.num_occurrences,
            last_occurred_at=self.last_occurred_at,
            valid_to=self.valid_to,
            retired_at=self.retired_at,
            successor_id=self.successor_id,
            importance_override=self.importance_override,
            num_uses=self.num_uses,
            num_helpful=self.num_helpful,
            num_not_helpful=self.num_not_helpful,
            legal_hold=self.legal_hold,
            metadata={} if self.metadata == "{}" else decode_mapping(self.metadata),
        )
