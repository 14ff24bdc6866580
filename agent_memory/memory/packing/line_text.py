"""An item in one line: who said it, or what it is."""

from datetime import UTC, date, datetime

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import FAILURES, SEMANTIC, ItemKind, ItemState
from agent_memory.memory.items.outdated import how_outdated
from agent_memory.memory.items.validity import is_yet_to_hold
from agent_memory.memory.packing.recalled_text import quoted

_ELLIPSIS = " […] "
_HEAD = 2 / 3
"""Of a text that is cut, the share kept of its beginning; the rest is of its end, where a stack
trace of Python has its error."""


def line_text(item: Item) -> str:
    """The whole item: without mark and date, which stand before it."""
    return f"{_label(item)}: {quoted(_marked(item))}"


def cut_line_text(item: Item, num_chars: int) -> str:
    """The item with about `num_chars` characters of its text, from both ends of it."""
    text = _marked(item)
    if num_chars >= len(text):
        return line_text(item)
    num_head = int(num_chars * _HEAD)
    head, tail = text[:num_head], text[len(text) - (num_chars - num_head) :]
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
        parts.append(_since(how_outdated(item), item.valid_to))
    elif is_yet_to_hold(item, item.recorded_at):
        parts.append(f"from {day_of(item.valid_from)} on")
    return ", ".join(parts)


def _marked(item: Item) -> str:
    """The text, with a mark after what in it no longer holds."""
    pieces: list[str] = []
    end = 0
    for one in item.outdated:
        pieces += [item.text[end : one.end], f" [{_since(one.how, one.since)}]"]
        end = max(end, one.end)
    return "".join([*pieces, item.text[end:]])


def _since(how: str, at: datetime | None) -> str:
    return f"{how} {day_of(at)}" if at is not None else how
