"""The values that an ingestion hands to the store, and those that come back."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.ids import ItemId, MaterialId
from agent_memory.memory.items.item import Draft, Material


@dataclass(frozen=True, slots=True)
class Prepared:
    """A material with everything derived from it, ready to be stored in one transaction.

    content_hash: SHA-256 (hex) of kind and text and, of a conversation, who said what when; the
        same in the same thread is stored once.
    notes: what could not be read, in words for people; the raw text is kept all the same.
    redactions: how many of each kind of secret were removed. redaction_version: of the policy by
    which they were; 0 without one.
    """

    material: Material
    content_hash: str
    drafts: tuple[Draft, ...]
    notes: tuple[str, ...] = ()
    redactions: Mapping[str, int] | None = None
    redaction_version: int = 0


@dataclass(frozen=True, slots=True)
class Remembered:
    """What one ingestion changed. Ids are in the order of the drafts; `num_known` counts drafts
    that were there already, whose items are in `updated` when a count or a date moved."""

    materials: tuple[MaterialId, ...]
    added: tuple[ItemId, ...]
    updated: tuple[ItemId, ...]
    num_known: int = 0
