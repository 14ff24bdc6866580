"""The books in the database: reservations, and the ledger that replaces them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from agent_memory.access.budgets import Balance, CounterKey, Hold, exhausted
from agent_memory.clock import utc_now
from agent_memory.errors import BudgetExceeded
from agent_memory.gateway.accounting import Served
from agent_memory.gateway.books import LEASE, Progress, Reservation, Rules
from agent_memory.gateway.prices import TokenCounts
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.store.database import Database
from agent_memory.store.jobs import enqueue_job
from agent_memory.store.rules import RuleStore
from agent_memory.store.transaction import Transaction
from agent_memory.work.job import JobKind, NewJob

LOST = "lost"
"""The error of a request whose process died."""
LOST_AFTER = timedelta(minutes=2)
"""A process that only stood still may still settle its requests until then."""
_NOT_ANSWERED = 499


@dataclass(frozen=True, slots=True)
class _CounterRow:
    budget_id: str
    subject_id: str
    window_start: datetime
    spent: Decimal

    @property
    def key(self) -> CounterKey:
        return CounterKey(self.budget_id, self.subject_id, self.window_start)


@dataclass(frozen=True, slots=True)
class _SpentRow:
    budget_id: str
    subject_id: str
    window_start: datetime
    spent: Decimal
    warned_by: str | None

    def warning(self, now: datetime) -> NewJob:
        """The job that tells of the soft limit, which this counter has reached."""
        args: dict[str, Json] = {
            "budget_id": self.budget_id,
            "subject_id": self.subject_id,
            "window_start": self.window_start.isoformat(),
            "spent": f"{self.spent.normalize():f}",
            "at": now.isoformat(),
        }
        return NewJob(JobKind.WARN_OF_BUDGET, args)


@dataclass(frozen=True, slots=True)
class _HeldRow:
    budget_id: str
    subject_id: str
    window_start: datetime
    held: Decimal


@dataclass(frozen=True, slots=True)
class _LostRow:
    reservation_id: str
    request_id: RequestId
    key_id: KeyId
    agent: str | None
    session_id: SessionId | None
    surface: str
    provider: str
    model: str
    started_at: datetime
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost: Decimal | None
    price_id: str | None

    def served(self, workspace: WorkspaceId, now: datetime) -> Served:
        """What was known of it when its process died."""
        return Served(
            request_id=self.request_id,
            workspace_id=workspace,
            key_id=self.key_id,
            session_id=self.session_id,
            surface=self.surface,
            requested_model=self.model,
            provider=self.provider,
            model=self.model,
            tokens=TokenCounts(
                self.input_tokens,
                self.cache_read_tokens,
                self.cache_write_tokens,
                self.output_tokens,
            ),
            cost=self.cost,
            price_id=self.price_id,
            status=_NOT_ANSWERED,
            started_at=self.started_at,
            latency_ms=(now - self.started_at).total_seconds() * 1000,
            first_byte_ms=None,
            upstream_ms=0.0,
            is_estimated=True,
            error_code=LOST,
            agent=self.agent,
        )


class BookStore:
    """Implements `Books`. Counters are locked in one order by everybody."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = utc_now,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lease = lease
        self._rules = RuleStore(database, clock)
        self._days: set[date] = set()

    async def rules(self, workspace: WorkspaceId) -> Rules:
        return await self._rules.rules(workspace)

    async def reserve(self, reservation: Reservation) -> None:
        asked, holds = reservation.asked, reservation.holds
        counters = _arrays(holds)
        async with self._database.workspace(asked.workspace_id) as transaction:
            await transaction.run("ensure_budget_counters", **counters)
            locked = await transaction.fetch_all("lock_budget_counters", _CounterRow, **counters)
            # Only now: what others held while we waited for the lock is seen by a new statement.
            held = await transaction.fetch_all("sum_budget_holds", _HeldRow, **counters)
            _refuse_exhausted(holds, _balances(locked, held), self._clock())
            await transaction.run(
                "insert_reservation",
                workspace_id=asked.workspace_id,
                reservation_id=reservation.entry_id,
                request_id=asked.request_id,
                key_id=asked.key_id,
                agent=asked.agent,
                session_id=asked.session_id if asked.is_stored else None,
                surface=asked.surface,
                provider=asked.provider,
                model=asked.model,
                price_id=None if asked.price is None else asked.price.price_id,
                started_at=reservation.started_at,
                lease=self._lease,
            )
            await transaction.run(
                "insert_budget_holds",
                workspace_id=asked.workspace_id,
                reservation_id=reservation.entry_id,
                amounts=[hold.amount for hold in holds],
                **counters,
            )

    async def extend(self, workspace: WorkspaceId, progress: Sequence[Progress]) -> None:
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "extend_reservations",
                reservation_ids=[one.entry_id for one in progress],
                input_tokens=[one.tokens.input_tokens for one in progress],
                cache_read_tokens=[one.tokens.cache_read_tokens for one in progress],
                cache_write_tokens=[one.tokens.cache_write_tokens for one in progress],
                output_tokens=[one.tokens.output_tokens for one in progress],
                costs=[one.cost for one in progress],
                lease=self._lease,
            )

    async def settle(
        self, entry_id: str, served: Served, *, is_reserved: bool, is_moved: bool = False
    ) -> None:
        now = self._clock()
        await self._make_day(now)
        async with self._database.workspace(served.workspace_id) as transaction:
            if is_reserved and is_moved and served.session_id is not None and served.is_stored:
                await _move(transaction, entry_id, served.session_id)
            if is_reserved and not await self._spend(transaction, entry_id, served):
                return  # It was settled before.
            await _write(transaction, entry_id, served, now)

    async def settle_lost(self, workspace: WorkspaceId, after: timedelta = LOST_AFTER) -> int:
        """Book requests whose process died with what they were last known to have used; how many.
        Nothing has been held for them since their lease ended."""
        async with self._database.workspace(workspace) as transaction:
            lost = await transaction.fetch_all("list_lost_reservations", _LostRow, grace=after)
        for row in lost:
            served = row.served(workspace, self._clock())
            await self.settle(row.reservation_id, served, is_reserved=True)
        return len(lost)

    async def make_days(self, num_ahead: int) -> None:
        """Have the days of the ledger ready before they begin."""
        for ahead in range(num_ahead + 1):
            await self._make_day(self._clock() + timedelta(days=ahead))

    async def _make_day(self, now: datetime) -> None:
        day = _day(now)
        if day in self._days:
            return
        async with self._database.no_workspace() as transaction:
            await transaction.run("make_ledger_day", day=day)
        self._days = {kept for kept in self._days if kept >= day - timedelta(days=1)} | {day}

    async def _spend(self, transaction: Transaction, entry_id: str, served: Served) -> bool:
        """Put what was used in the place of what was held; False when nothing is held any more."""
        await transaction.fetch_all("lock_held_counters", _CounterRow, reservation_id=entry_id)
        tokens = served.tokens
        spent = await transaction.fetch_all(
            "spend_held",
            _SpentRow,
            reservation_id=entry_id,
            usd=served.cost or Decimal(0),
            tokens=tokens.prompt_tokens + tokens.output_tokens,
        )
        for row in spent:
            if row.warned_by == entry_id:
                await enqueue_job(transaction, row.warning(self._clock()))
        return (
            await transaction.fetch_value("delete_reservation", reservation_id=entry_id) is not None
        )


async def _move(transaction: Transaction, entry_id: str, session: SessionId) -> None:
    """Whatever was held of each session for itself is held of the session that took the turn: a new
    one, which had no name before."""
    of = {"reservation_id": entry_id, "session_id": session}
    await transaction.run("ensure_session_counters", **of)
    await transaction.fetch_all("lock_moved_counters", _CounterRow, **of)
    await transaction.run("move_session_holds", **of)


async def _write(transaction: Transaction, entry_id: str, served: Served, now: datetime) -> None:
    await transaction.fetch_value(
        "insert_ledger_entry",
        workspace_id=served.workspace_id,
        day=_day(now),
        entry_id=entry_id,
        request_id=served.request_id,
        key_id=served.key_id,
        agent=served.agent,
        session_id=served.session_id if served.is_stored else None,
        surface=served.surface,
        requested_model=served.requested_model,
        provider=served.provider,
        model=served.model,
        input_tokens=served.tokens.input_tokens,
        cache_read_tokens=served.tokens.cache_read_tokens,
        cache_write_tokens=served.tokens.cache_write_tokens,
        output_tokens=served.tokens.output_tokens,
        cost=served.cost,
        price_id=served.price_id,
        status=served.status,
        error_code=served.error_code,
        is_cancelled=served.is_cancelled,
        is_repeat=served.is_repeat,
        is_estimated=served.is_estimated,
        num_attempts=served.num_attempts,
        started_at=served.started_at,
        latency_ms=served.latency_ms,
        first_byte_ms=served.first_byte_ms,
        upstream_ms=served.upstream_ms,
        now=now,
    )


def _refuse_exhausted(
    holds: Sequence[Hold], balances: Mapping[CounterKey, Balance], now: datetime
) -> None:
    """`BudgetExceeded` for the first budget that does not reach."""
    if (hold := exhausted(holds, balances)) is None:
        return
    budget = hold.budget
    resets_at = budget.resets_at(now)
    raise BudgetExceeded(
        f"{budget.subject.kind} '{hold.counter.subject_id}'",
        budget.unit.value,
        f"{budget.amount.normalize():f}",
        f"{balances.get(hold.counter, Balance()).left_of(budget).normalize():f}",
        f"{hold.amount.normalize():f}",
        None if resets_at is None else resets_at.isoformat(timespec="seconds"),
    )


def _balances(locked: Sequence[_CounterRow], held: Sequence[_HeldRow]) -> dict[CounterKey, Balance]:
    balances = {row.key: Balance(row.spent) for row in locked}
    for row in held:
        key = CounterKey(row.budget_id, row.subject_id, row.window_start)
        balances[key] = replace(balances[key], held=row.held)
    return balances


def _arrays(holds: Sequence[Hold]) -> dict[str, object]:
    return {
        "budget_ids": [hold.counter.budget_id for hold in holds],
        "subject_ids": [hold.counter.subject_id for hold in holds],
        "window_starts": [hold.counter.window_start for hold in holds],
    }


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
