"""Budgets: how much money or how many tokens a subject may spend in a period.

What a request may cost at most is held of every budget that it falls under before it is answered,
and replaced by what it did cost afterwards. So parallel requests never spend more than there is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from agent_memory.access.subject import Caller, Subject

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the one window of a budget without a period begins."""


class Unit(StrEnum):
    USD = "usd"
    TOKENS = "tokens"
    """Of all four classes together."""


class Period(StrEnum):
    DAY = "day"
    MONTH = "month"
    TOTAL = "total"
    """It never begins again."""


@dataclass(frozen=True, slots=True)
class Budget:
    """`amount` of a unit in each period, which begins at midnight of the time zone.

    soft_limit: when so much is spent, the server at `webhook_url` is told, once a period."""

    budget_id: str
    subject: Subject
    unit: Unit
    amount: Decimal
    period: Period
    time_zone: str = "UTC"
    created_at: datetime | None = None
    soft_limit: Decimal | None = None
    webhook_url: str | None = None

    def window_start(self, now: datetime) -> datetime:
        """When the window that `now` falls into began."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        match self.period:
            case Period.DAY:
                return _midnight(local)
            case Period.MONTH:
                return _midnight(local.replace(day=1))
            case Period.TOTAL:
                return ALWAYS

    def resets_at(self, now: datetime) -> datetime | None:
        """When the next window begins; None where none does."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        match self.period:
            case Period.DAY:
                return _midnight(local + timedelta(days=1))
            case Period.MONTH:
                return _midnight((local.replace(day=1) + timedelta(days=32)).replace(day=1))
            case Period.TOTAL:
                return None


@dataclass(frozen=True, slots=True)
class SoftLimit:
    """What is told when, to whom, and signed with which secret."""

    amount: Decimal
    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CounterKey:
    """One counter of a budget: of one subject, in one window."""

    budget_id: str
    subject_id: str
    window_start: datetime

    @property
    def order(self) -> tuple[str, str, datetime]:
        """Everybody locks counters in this order, so that nobody waits for each other."""
        return self.budget_id, self.subject_id, self.window_start


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request costs, or may cost, in both units."""

    tokens: int
    usd: Decimal

    def in_unit(self, unit: Unit) -> Decimal:
        return self.usd if unit is Unit.USD else Decimal(self.tokens)


@dataclass(frozen=True, slots=True)
class Hold:
    """A part of a budget that is kept for a request until it is answered."""

    budget: Budget
    counter: CounterKey
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """What was spent of a budget, and what is held for requests that are being answered."""

    spent: Decimal = Decimal(0)
    held: Decimal = Decimal(0)

    def left_of(self, budget: Budget) -> Decimal:
        return max(Decimal(0), budget.amount - self.spent - self.held)


def holds_of(
    budgets: Iterable[Budget], caller: Caller, cost: Cost, now: datetime
) -> tuple[Hold, ...]:
    """What must be held for a request of `caller` that may cost `cost`, in the order of locking."""
    holds = [
        Hold(
            budget,
            CounterKey(budget.budget_id, name, budget.window_start(now)),
            cost.in_unit(budget.unit),
        )
        for budget in budgets
        if (name := caller.counted_as(budget.subject)) is not None
    ]
    return tuple(sorted(holds, key=lambda hold: hold.counter.order))


def exhausted(holds: Sequence[Hold], balances: Mapping[CounterKey, Balance]) -> Hold | None:
    """The first hold that does not fit; None when all fit together. A budget that is used up
    refuses requests that cost nothing too."""
    for hold in holds:
        balance = balances.get(hold.counter, Balance())
        left = hold.budget.amount - balance.spent - balance.held
        if hold.amount > left or left <= 0:
            return hold
    return None


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
