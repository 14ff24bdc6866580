"""Items as tests need them: only what matters is said."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count

from agent_memory.ids import ItemId, MaterialId, ThreadId
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Item, Key, Span
from agent_memory.memory.items.kinds import ItemKind, ItemState, KeyKind
from agent_memory.memory.search.recalled import Recalled

DAY_0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def day(num_days: float) -> datetime:
    return DAY_0 + timedelta(days=num_days)


_NUMBERS = count()


def make_item(
    text: str,
    kind: ItemKind = ItemKind.CHAT,
    *,
    item_id: str | None = None,
    at: datetime = DAY_0,
    state: ItemState = ItemState.ACTIVE,
    material_id: str | None = None,
    begin: int = 0,
    subject: str | None = None,
    fingerprint: str | None = None,
    keys: tuple[Key, ...] = (),
    speaker: str | None = None,
    context: str = "",
    num_occurrences: int = 1,
    last_at: datetime | None = None,
    valid_to: datetime | None = None,
    confidence: float = 1.0,
    successor_id: str | None = None,
    source_id: str | None = None,
) -> Item:
    """An item that lies alone in its material unless `material_id` says otherwise."""
    name = item_id or f"item_{next(_NUMBERS):04}"
    return Item(
        item_id=ItemId(name),
        thread_id=ThreadId("thread"),
        material_id=MaterialId(material_id or f"material_of_{name}"),
        kind=kind,
        state=state,
        text=text,
        span=Span(begin, begin + len(text)),
        occurred_at=at,
        recorded_at=at,
        valid_from=at,
        content_hash=content_hash(kind, text),
        context=context,
        speaker=speaker,
        subject=subject,
        fingerprint=fingerprint,
        keys=keys,
        confidence=confidence,
        num_occurrences=num_occurrences,
        last_occurred_at=last_at,
        valid_to=valid_to,
        successor_id=ItemId(successor_id) if successor_id else None,
        source_id=ItemId(source_id) if source_id else None,
    )


def key(value: str, kind: KeyKind = KeyKind.FILE) -> Key:
    return Key(kind, value)


def ranked(*items: Item) -> tuple[Recalled, ...]:
    """Recalled in this order, with falling scores."""
    return tuple(Recalled(item, 1 / (place + 1), {}) for place, item in enumerate(items))


class WordCounter:
    """Implements `ports.TokenCounter`: words, marks of punctuation and ends of lines."""

    def count(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w ]", text))
