"""How fresh a memory is: it halves with a half-life that depends on what it is."""

from datetime import datetime, timedelta

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind

HALF_LIVES: dict[ItemKind, timedelta] = {
    ItemKind.LOG: timedelta(days=7),
    ItemKind.ERROR: timedelta(days=7),
    ItemKind.STACK: timedelta(days=14),
    ItemKind.TEST_FAILURE: timedelta(days=14),
    ItemKind.CHAT: timedelta(days=30),
    ItemKind.TASK: timedelta(days=30),
    ItemKind.QUESTION: timedelta(days=30),
    ItemKind.DIFF: timedelta(days=90),
    ItemKind.ARTIFACT: timedelta(days=90),
    ItemKind.DECISION: timedelta(days=365),
    ItemKind.REQUIREMENT: timedelta(days=365),
    ItemKind.CONSTRAINT: timedelta(days=365),
    ItemKind.PREFERENCE: timedelta(days=365),
    ItemKind.GLOSSARY: timedelta(days=365),
}


def recency(item: Item, now: datetime) -> float:
    """1 for what occurs now or later, a half after one half-life since it last occurred."""
    age = now - (item.last_occurred_at or item.occurred_at)
    return float(0.5 ** max(0.0, age / HALF_LIVES[item.kind]))
