"""The statements about one subject in order of time: each holds until the next one begins.

An older statement that arrives late takes its place in the past; the current one stays current. The
same statement again, with none in between, proves the one that stands. What a model says against
the word of a person never held. What is to hold from a later day on closes nothing before that day.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.ids import ItemId
from agent_memory.memory.consolidation.authority import may_overrule
from agent_memory.memory.consolidation.decision import age_order, find_sameness
from agent_memory.memory.consolidation.standing import Change, Standing, standing_of
from agent_memory.memory.extraction.predicates import SEVERAL
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState
from agent_memory.memory.items.traits import is_change_in, value_in
from agent_memory.memory.items.validity import is_yet_to_hold

_IN_ORDER = {ItemState.ACTIVE, ItemState.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class _Period:
    """A statement and those that said the same while it held.

    beside: others that hold as long, since they give the same value in other words or in another
    thread. overruled: those that had not the authority.
    """

    statement: Item
    repeated: tuple[Item, ...] = ()
    beside: tuple[Item, ...] = ()
    overruled: tuple[Item, ...] = ()


def settle_history(
    statements: Sequence[Item], now: datetime, elsewhere: Collection[ItemId] = ()
) -> tuple[Change, ...]:
    """What has to change so that each statement holds until the next; nothing when all is so.

    statements: all about one subject; merged and archived ones are left as they are. elsewhere:
    items about something else that exist, and may have closed one of these.
    """
    in_order = sorted((item for item in statements if item.state in _IN_ORDER), key=age_order)
    periods = _periods(in_order)
    changes: list[Change] = []
    for index, period in enumerate(periods):
        later = [one.statement for one in periods[index + 1 :]]
        due = [one for one in later if not is_yet_to_hold(one, now)]
        successor = next(iter((*due, *later)), None)
        changes += _settle(period, successor, now, elsewhere)
    return tuple(change for change in changes if change.before != change.after)


def _periods(in_order: Sequence[Item]) -> list[_Period]:
    periods: list[_Period] = []
    for item in in_order:
        last = periods[-1] if periods else None
        if last is None:
            periods.append(_Period(item))
        elif _is_repetition(last.statement, item):
            periods[-1] = replace(last, repeated=(*last.repeated, item))
        elif not may_overrule(item, last.statement):
            is_said = _gives_the_same(last.statement, item)
            periods[-1] = (
                replace(last, beside=(*last.beside, item))
                if is_said
                else replace(last, overruled=(*last.overruled, item))
            )
        elif _holds_beside(last.statement, item):
            periods[-1] = replace(last, beside=(*last.beside, item))
        else:
            periods.append(_Period(item))
    return periods


def _is_repetition(statement: Item, item: Item) -> bool:
    """Only what is current can be merged away: history that was superseded stays as it is. What is
    said in another thread stays there, for those who look into that thread alone."""
    return (
        item.state is ItemState.ACTIVE
        and item.thread_id == statement.thread_id
        and may_overrule(statement, item)
        and find_sameness(statement, item, similarity=None) is not None
    )


def _holds_beside(statement: Item, item: Item) -> bool:
    if (item.subject or "").endswith(SEVERAL) and not is_change_in(item.metadata):
        return True
    return _gives_the_same(statement, item)


def _gives_the_same(statement: Item, item: Item) -> bool:
    value = value_in(statement.metadata)
    if value and value == value_in(item.metadata):
        return True
    return statement.thread_id != item.thread_id and bool(find_sameness(statement, item, None))


def _settle(
    period: _Period, successor: Item | None, now: datetime, elsewhere: Collection[ItemId]
) -> list[Change]:
    before = standing_of(period.statement)
    proven = proven_by(before, period.statement, period.repeated)
    changes = [
        Change(period.statement.item_id, before, _ended(proven, successor, now, elsewhere)),
        *(merged_into(period.statement, item, now) for item in period.repeated),
    ]
    for item in period.beside:
        before = standing_of(item)
        changes.append(Change(item.item_id, before, _ended(before, successor, now, elsewhere)))
    return [*changes, *(_overruled(item, period.statement, now) for item in period.overruled)]


def _ended(
    standing: Standing, successor: Item | None, now: datetime, elsewhere: Collection[ItemId]
) -> Standing:
    if successor is None:
        return _current(standing, elsewhere)
    if is_yet_to_hold(successor, now):
        return replace(_current(standing, elsewhere), valid_to=successor.valid_from)
    return superseded(standing, successor, now)


def superseded(standing: Standing, successor: Item, now: datetime) -> Standing:
    """As it is once `successor` has taken its place."""
    return replace(
        standing,
        state=ItemState.SUPERSEDED,
        valid_to=successor.valid_from,
        retired_at=standing.retired_at or now,
        successor_id=successor.item_id,
    )


def _overruled(item: Item, by: Item, now: datetime) -> Change:
    """It never held."""
    before = standing_of(item)
    return Change(item.item_id, before, replace(superseded(before, by, now),
                                                valid_to=item.valid_from))  # fmt: skip


def _current(standing: Standing, elsewhere: Collection[ItemId]) -> Standing:
    if standing.successor_id in elsewhere:
        return standing
    if standing.successor_id is None:
        is_active = standing.state is ItemState.ACTIVE
        return replace(standing, valid_to=None) if is_active else standing
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
