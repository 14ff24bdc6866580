"""An item in one line: who said it, or what it is."""

from datetime import UTC, date, datetime

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import FAILURES, SEMANTIC, ItemKind, ItemState
from agent_memory.memory.packing.recalled_text import quoted

_ELLIPSIS = " […] "
_HEAD = 2 / 3
"""Of a text that is cut, the share kept of its beginning; the rest is of its end, where a stack
trace of Python has its error."""


def line_text(item: Item) -> str:
    """The whole item: without mark and date, which stand before it."""
    return f"{_label(item)}: {quoted(item.text)}"


def cut_line_text(item: Item, num_chars: int) -> str:
    """The item with about `num_chars` characters of its text, from both ends of it."""
    if num_chars >= len(item.text):
        return line_text(item)
    num_head = int(num_chars * _HEAD)
    head, tail = item.text[:num_head], item.text[len(item.text) - (num_chars - num_head) :]
    return f"{_label(item)}: {quoted(head)}{_ELLIPSIS}{quoted(tail)}"


def day_of(at: datetime) -> date:
    """The day, in UTC: the same whatever the zone that the database answers in."""
    return at.astimezone(UTC).date()


def _label(item: Item) -> str:
    if item.kind is ItemKind.CHAT:
        return quoted(item.speaker or (item.role.value if item.role else item.kind.value))
    parts = [item.kind.value.replace("_", " ")]
    if item.kind in SEMANTIC:
        parts.extend([quoted(item.speaker)] if item.speaker else [])
    elif item.context:
        parts.append(quoted(" ".join(item.context.split())))
    if item.kind in FAILURES and item.num_occurrences > 1:
        last = day_of(item.last_occurred_at or item.occurred_at)
        parts.append(f"{item.num_occurrences} times, last {last}")
    if item.state is ItemState.SUPERSEDED:
        until = f" {day_of(item.valid_to)}" if item.valid_to else ""
        parts.append(f"superseded{until}")
    return ", ".join(parts)
