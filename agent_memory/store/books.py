"""The books in the database: reservations, and the ledger that replaces them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from agent_memory.access.budgets import Balance, CounterKey, Hold, exhausted
from agent_memory.clock import utc_now
from agent_memory.errors import BudgetExceeded
from agent_memory.gateway.accounting import Served
from agent_memory.gateway.books import LEASE, Progress, Reservation, Rules
from agent_memory.gateway.prices import TokenCounts
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.rules import RuleStore
from agent_memory.work.job import JobKind
from agent_memory.work.registry import queue_of

LOST = "lost"
"""The error of a request whose process died."""
LOST_AFTER = timedelta(minutes=2)
"""A process that only stood still may still settle its requests until then."""
_NOT_ANSWERED = 499


@dataclass(frozen=True, slots=True)
class _StandingRow:
    """How a counter stands of which a budget did not reach."""

    budget_id: str
    subject_id: str
    window_start: datetime
    spent: Decimal
    held: Decimal

    @property
    def key(self) -> CounterKey:
        return CounterKey(self.budget_id, self.subject_id, self.window_start)


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Of statements that find nothing."""


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
        standing = await self._database.at_once(
            asked.workspace_id,
            "reserve_budgets",
            _StandingRow,
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
            budget_ids=[hold.counter.budget_id for hold in holds],
            subject_ids=[hold.counter.subject_id for hold in holds],
            window_starts=[hold.counter.window_start for hold in holds],
            amounts=[hold.amount for hold in holds],
            bounds=[hold.budget.amount for hold in holds],
        )
        if standing:
            balances = {row.key: Balance(row.spent, row.held) for row in standing}
            _refuse_exhausted(holds, balances, self._clock())

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
        tokens = served.tokens
        session = served.session_id if served.is_stored else None
        await self._database.at_once(
            served.workspace_id,
            "settle_request",
            _Nothing,
            workspace_id=served.workspace_id,
            day=_day(now),
            entry_id=entry_id,
            request_id=served.request_id,
            key_id=served.key_id,
            agent=served.agent,
            session_id=session,
            surface=served.surface,
            requested_model=served.requested_model,
            provider=served.provider,
            model=served.model,
            input_tokens=tokens.input_tokens,
            cache_read_tokens=tokens.cache_read_tokens,
            cache_write_tokens=tokens.cache_write_tokens,
            output_tokens=tokens.output_tokens,
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
            is_reserved=is_reserved,
            moved_to=session if is_moved else None,
            tokens=tokens.prompt_tokens + tokens.output_tokens,
            warning=JobKind.WARN_OF_BUDGET,
            queue=queue_of(JobKind.WARN_OF_BUDGET),
            moment=now.isoformat(),
        )

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


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
