"""Items: what is derived from raw text, before it is stored and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent_memory.ids import ItemId, MaterialId, ThreadId
from agent_memory.json_value import Json
from agent_memory.memory.items.kinds import ItemKind, ItemState, KeyKind, MaterialKind, Role
from agent_memory.memory.value import value


@value
class Span:
    """Characters [begin, end) of a material's text."""

    begin: int
    end: int


@value
class Outdated:
    """Characters [begin, end) of a message say what no longer holds, or has been done or answered
    (`how`), since `since`; `by` is what says so."""

    begin: int
    end: int
    how: str
    since: datetime | None
    by: ItemId | None


@dataclass(frozen=True, slots=True)
class Key:
    """A file, symbol, test or fingerprint that an item is about: what links it to others."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class Material:
    """One raw text as handed in, after redaction. `occurred_at` bears a time zone."""

    thread_id: ThreadId
    kind: MaterialKind
    text: str
    occurred_at: datetime
    purpose: str | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """An item derived from a material and not yet stored.

    text: what is shown, and searched with the highest weight.
    context: a short header that is searched and shown with it: date, speaker, file, test.
    search_text: further words to find it by, never shown: split identifiers, synonyms.
    source: index, in the same list, of the draft that this one was derived from (its message).
    subject: what a statement is about; a newer one on the same subject supersedes it.
    content_hash: SHA-256 (hex) of the normalised text; equal ones of a thread are one item.
    fingerprint: names a failure whatever its lines and values; see `KeyKind.FINGERPRINT`.
    confidence: from 0 to 1, how sure the derivation is; 1 for what is verbatim.
    """

    kind: ItemKind
    text: str
    span: Span
    occurred_at: datetime
    content_hash: str
    context: str = ""
    search_text: str = ""
    role: Role | None = None
    speaker: str | None = None
    source: int | None = None
    subject: str | None = None
    fingerprint: str | None = None
    keys: tuple[Key, ...] = ()
    confidence: float = 1.0
    num_occurrences: int = 1
    last_occurred_at: datetime | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)


@value
class Item:
    """An item as it is stored.

    position: its place among the messages of its thread, from 0; None for what is no message.
    valid_from, valid_to: while its statement held, in the world; recorded_at, retired_at: while
    we held it to be so. `valid_to` and `retired_at` are None as long as nothing superseded it.
    importance_override: from 0 to 1 when the caller set one.
    outdated: of a message that a search found, what in it no longer holds.
    """

    item_id: ItemId
    thread_id: ThreadId
    material_id: MaterialId
    kind: ItemKind
    state: ItemState
    text: str
    span: Span
    occurred_at: datetime
    recorded_at: datetime
    valid_from: datetime
    content_hash: str
    context: str = ""
    role: Role | None = None
    speaker: str | None = None
    position: int | None = None
    source_id: ItemId | None = None
    subject: str | None = None
    fingerprint: str | None = None
    keys: tuple[Key, ...] = ()
    confidence: float = 1.0
    num_occurrences: int = 1
    last_occurred_at: datetime | None = None
    valid_to: datetime | None = None
    retired_at: datetime | None = None
    successor_id: ItemId | None = None
    importance_override: float | None = None
    num_uses: int = 0
    num_helpful: int = 0
    num_not_helpful: int = 0
    legal_hold: bool = False
    metadata: Mapping[str, Json] = field(default_factory=dict)
    outdated: tuple[Outdated, ...] = ()
