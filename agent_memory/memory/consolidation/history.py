"""The statements about one subject in order of time: each holds until the next one begins.

An older statement that arrives late takes its place in the past; the current one stays current. The
same statement again, with none in between, proves the one that stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.memory.consolidation.decision import age_order, find_sameness
from agent_memory.memory.consolidation.standing import Change, Standing, standing_of
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState

_IN_ORDER = {ItemState.ACTIVE, ItemState.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class _Period:
    """A statement and those that said the same while it held."""

    statement: Item
    repeated: tuple[Item, ...] = ()


def settle_history(statements: Sequence[Item], now: datetime) -> tuple[Change, ...]:
    """What has to change so that each statement holds until the next; nothing when all is so.

    statements: all about one subject, of one kind; merged and archived ones are left as they are.
    """
    in_order = sorted((item for item in statements if item.state in _IN_ORDER), key=age_order)
    periods = _periods(in_order)
    changes: list[Change] = []
    for index, period in enumerate(periods):
        successor = periods[index + 1].statement if index + 1 < len(periods) else None
        changes += _settle(period, successor, now)
    return tuple(change for change in changes if change.before != change.after)


def _periods(in_order: Sequence[Item]) -> list[_Period]:
    periods: list[_Period] = []
    for item in in_order:
        last = periods[-1] if periods else None
        if last and _is_repetition(last.statement, item):
            periods[-1] = replace(last, repeated=(*last.repeated, item))
        else:
            periods.append(_Period(item))
    return periods


def _is_repetition(statement: Item, item: Item) -> bool:
    """Only what is current can be merged away: history that was superseded stays as it is."""
    return (
        item.state is ItemState.ACTIVE
        and find_sameness(statement, item, similarity=None) is not None
    )


def _settle(period: _Period, successor: Item | None, now: datetime) -> list[Change]:
    before = standing_of(period.statement)
    after = proven_by(before, period.statement, period.repeated)
    after = _superseded(after, successor, now) if successor else _current(after)
    changes = [Change(period.statement.item_id, before, after)]
    changes += [merged_into(period.statement, item, now) for item in period.repeated]
    return changes


def _superseded(standing: Standing, successor: Item, now: datetime) -> Standing:
    return replace(
        standing,
        state=ItemState.SUPERSEDED,
        valid_to=successor.valid_from,
        retired_at=standing.retired_at or now,
        successor_id=successor.item_id,
    )


def _current(standing: Standing) -> Standing:
    if standing.successor_id is None:
        return standing
    return replace(
        standing, state=ItemState.ACTIVE, valid_to=None, retired_at=None, successor_id=None
    )


def proven_by(standing: Standing, item: Item, repeated: Sequence[Item]) -> Standing:
    """The standing of `item` after others said the same."""
    if not repeated:
        return standing
    times = [one.last_occurred_at or one.occurred_at for one in (item, *repeated)]
    return replace(
        standing,
        num_occurrences=standing.num_occurrences + sum(one.num_occurrences for one in repeated),
        last_occurred_at=max(times),
    )


def merged_into(kept: Item, item: Item, now: datetime) -> Change:
    before = standing_of(item)
    after = replace(before, state=ItemState.MERGED, retired_at=now, successor_id=kept.item_id)
    return Change(item.item_id, before, after)
