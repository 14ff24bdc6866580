"""Messages that say what no longer holds: what was stated in them and superseded since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item, Outdated
from agent_memory.memory.items.kinds import ItemKind, ItemState

SUPERSEDED, DONE, ANSWERED = "superseded", "done", "answered"
_HOW = {ItemKind.TASK: DONE, ItemKind.QUESTION: ANSWERED}
MOSTLY = 0.6
"""Of the characters of a message, the share that makes it outdated as a whole."""


def how_outdated(item: Item) -> str:
    """In a word, what became of a statement, a task or a question that is no longer current."""
    return _HOW.get(item.kind, SUPERSEDED)


def outdated_in(
    message: Item, statements: Iterable[Item], as_of: datetime | None
) -> tuple[Outdated, ...]:
    """The stretches of `message` that `statements`, which were made in it, were found in, and that
    no longer hold; at `as_of`, if it is given."""
    return tuple(
        Outdated(
            one.span.begin - message.span.begin,
            one.span.end - message.span.begin,
            how_outdated(one),
            one.valid_to,
            one.successor_id,
        )
        for one in sorted(statements, key=lambda one: one.span.begin)
        if one.state is ItemState.SUPERSEDED
        and message.span.begin <= one.span.begin
        and one.span.end <= message.span.end
        and not (as_of is not None and one.valid_to is not None and one.valid_to > as_of)
    )


def with_outdated(
    messages: Sequence[Item], statements: Iterable[Item], as_of: datetime | None
) -> Mapping[ItemId, Item]:
    """Those of `messages` that say something outdated, with what it is."""
    by_source: dict[ItemId, list[Item]] = {}
    for one in statements:
        if one.source_id is not None:
            by_source.setdefault(one.source_id, []).append(one)
    marked: dict[ItemId, Item] = {}
    for message in messages:
        if outdated := outdated_in(message, by_source.get(message.item_id, ()), as_of):
            marked[message.item_id] = replace(message, outdated=outdated)
    return marked


def is_mostly_superseded(message: Item) -> bool:
    num = sum(one.end - one.begin for one in message.outdated if one.how == SUPERSEDED)
    return num > 0 and num >= MOSTLY * len(message.text.strip())
