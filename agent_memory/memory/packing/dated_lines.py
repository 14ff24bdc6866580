"""Lines as one text: by date, each day named once."""

from collections.abc import Sequence
from datetime import datetime

from agent_memory.memory.items.item import Item
from agent_memory.memory.packing.line_text import day_of


def date_key(item: Item) -> tuple[datetime, str, int, int, str]:
    """The order that items stand in; what happened at once goes by place, then by id."""
    position = item.position if item.position is not None else -1
    return (item.occurred_at, item.thread_id, position, item.span.begin, item.item_id)


def dated(lines: Sequence[tuple[Item, str]]) -> str:
    """The lines, in the order of their dates, under their days."""
    rows: list[str] = []
    day = None
    for item, line in lines:
        if day_of(item.occurred_at) != day:
            day = day_of(item.occurred_at)
            rows.append(str(day))
        rows.append(line)
    return "\n".join(rows)
