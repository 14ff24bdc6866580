"""When a statement holds: not before its time, and not by a clock that is ahead."""

from datetime import datetime, timedelta

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState

MAX_CLOCK_ERROR = timedelta(days=1)
"""A time that is less ahead comes from a wrong clock or a wrong zone, and means now. What is
further ahead is meant, and holds from then on."""


def holds_from(occurred_at: datetime, recorded_at: datetime) -> datetime:
    """When a statement begins to hold that occurred, by its own account, at `occurred_at`."""
    is_clock_error = recorded_at < occurred_at <= recorded_at + MAX_CLOCK_ERROR
    return recorded_at if is_clock_error else occurred_at


def said_at(item: Item) -> datetime:
    """When a statement was made, by which newer ones are told from older ones: it was never made
    after we learned of it."""
    return min(item.valid_from, item.recorded_at)


def is_yet_to_hold(item: Item, now: datetime) -> bool:
    return item.valid_from > now + MAX_CLOCK_ERROR


def holds(item: Item, now: datetime) -> bool:
    """Whether nothing has taken the place of the item by `now`, and its own time has come."""
    if is_yet_to_hold(item, now) or item.state not in {ItemState.ACTIVE, ItemState.SUPERSEDED}:
        return False
    if item.valid_to is not None:
        return item.valid_to > now and item.valid_to > item.valid_from
    return item.state is ItemState.ACTIVE
