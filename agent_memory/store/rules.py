"""Limits and budgets in the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from agent_memory.access.budgets import Balance, Budget, CounterKey, Period, SoftLimit, Unit
from agent_memory.access.limits import Limit, Metric
from agent_memory.access.sealing import Sealing
from agent_memory.access.subject import Subject, SubjectKind
from agent_memory.clock import utc_now
from agent_memory.errors import InvariantBroken, NotFound
from agent_memory.gateway.books import Rules
from agent_memory.ids import WorkspaceId, new_id
from agent_memory.store.audit import append_audit
from agent_memory.store.database import Database
from agent_memory.store.prompt_log import read_policy


@dataclass(frozen=True, slots=True)
class _LimitRow:
    limit_id: str
    subject_kind: str
    subject_id: str
    metric: str
    amount: int
    per_s: int
    created_at: datetime

    def limit(self) -> Limit:
        return Limit(
            self.limit_id,
            Subject(SubjectKind(self.subject_kind), self.subject_id),
            Metric(self.metric),
            self.amount,
            self.per_s,
            self.created_at,
        )


@dataclass(frozen=True, slots=True)
class _BudgetRow:
    budget_id: str
    subject_kind: str
    subject_id: str
    unit: str
    amount: Decimal
    period: str
    time_zone: str
    created_at: datetime
    soft_limit: Decimal | None
    webhook_url: str | None

    def budget(self) -> Budget:
        return Budget(
            self.budget_id,
            Subject(SubjectKind(self.subject_kind), self.subject_id),
            Unit(self.unit),
            self.amount,
            Period(self.period),
            self.time_zone,
            self.created_at,
            self.soft_limit,
            self.webhook_url,
        )


@dataclass(frozen=True, slots=True)
class _BalanceRow:
    budget_id: str
    subject_id: str
    window_start: datetime
    spent: Decimal
    held: Decimal


@dataclass(frozen=True, slots=True)
class _ReceiverRow:
    subject_kind: str
    subject_id: str
    unit: str
    period: str
    webhook_url: str
    sealed_webhook_secret: bytes

    def place(self, workspace: WorkspaceId) -> str:
        subject = Subject(SubjectKind(self.subject_kind), self.subject_id)
        return _place(workspace, subject, Unit(self.unit), Period(self.period))


class RuleStore:
    """Sets, lists and deletes the rules of a workspace; every change is audited. actor: whoever
    changes it, the id of a key or `cli`; sealing: of the secrets that sign warnings, needed where
    soft limits are set or told of."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = utc_now,
        sealing: Sealing | None = None,
    ) -> None:
        self._database = database
        self._sealing = sealing
        self._clock = clock

    async def rules(self, workspace: WorkspaceId) -> Rules:
        """All limits and budgets, oldest first, and whose prompts are logged."""
        async with self._database.workspace(workspace) as transaction:
            limits = await transaction.fetch_all("list_limits", _LimitRow)
            budgets = await transaction.fetch_all("list_budgets", _BudgetRow)
            prompts = await read_policy(transaction)
        return Rules(
            tuple(row.limit() for row in limits), tuple(row.budget() for row in budgets), prompts
        )

    async def put_limit(
        self,
        workspace: WorkspaceId,
        subject: Subject,
        metric: Metric,
        amount: int,
        per_s: int,
        actor: str,
    ) -> Limit:
        """Set a limit; one of the same subject, metric and time gets the new amount."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "put_limit",
                _LimitRow,
                workspace_id=workspace,
                limit_id=new_id("limit"),
                subject_kind=subject.kind,
                subject_id=subject.id,
                metric=metric,
                amount=amount,
                per_s=per_s,
                now=self._clock(),
            )
            if row is None:
                raise InvariantBroken("a limit was not set")
            await append_audit(
                transaction,
                workspace,
                actor,
                "limit.set",
                row.limit_id,
                of=f"{subject.kind}:{subject.id}",
                metric=metric.value,
                amount=amount,
                per_s=per_s,
            )
        return row.limit()

    async def delete_limit(self, workspace: WorkspaceId, limit_id: str, actor: str) -> Limit:
        """`NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one("delete_limit", _LimitRow, limit_id=limit_id)
            if row is None:
                raise NotFound("limit", limit_id)
            await append_audit(transaction, workspace, actor, "limit.delete", limit_id)
        return row.limit()

    async def put_budget(
        self,
        workspace: WorkspaceId,
        subject: Subject,
        unit: Unit,
        amount: Decimal,
        period: Period,
        time_zone: str,
        actor: str,
        soft: SoftLimit | None = None,
    ) -> Budget:
        """Set a budget; one of the same subject, unit and period gets the new amount and soft
        limit, and what was spent of it stays spent."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "put_budget",
                _BudgetRow,
                workspace_id=workspace,
                budget_id=new_id("budget"),
                subject_kind=subject.kind,
                subject_id=subject.id,
                unit=unit,
                amount=amount,
                period=period,
                time_zone=time_zone,
                now=self._clock(),
                soft_limit=None if soft is None else soft.amount,
                webhook_url=None if soft is None else soft.url,
                sealed_secret=None
                if soft is None
                else self._sealer.seal(soft.secret, _place(workspace, subject, unit, period)),
            )
            if row is None:
                raise InvariantBroken("a budget was not set")
            await transaction.run("forget_warnings", budget_id=row.budget_id)
            await append_audit(
                transaction,
                workspace,
                actor,
                "budget.set",
                row.budget_id,
                of=f"{subject.kind}:{subject.id}",
                unit=unit.value,
                amount=str(amount),
                period=period.value,
                time_zone=time_zone,
                soft_limit=None if soft is None else str(soft.amount),
                webhook_url=None if soft is None else soft.url,
            )
        return row.budget()

    async def delete_budget(self, workspace: WorkspaceId, budget_id: str, actor: str) -> Budget:
        """Its counters go with it. `NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one("delete_budget", _BudgetRow, budget_id=budget_id)
            if row is None:
                raise NotFound("budget", budget_id)
            await append_audit(transaction, workspace, actor, "budget.delete", budget_id)
        return row.budget()

    async def get_budget(self, workspace: WorkspaceId, budget_id: str) -> Budget:
        """`NotFound` without it."""
        for budget in (await self.rules(workspace)).budgets:
            if budget.budget_id == budget_id:
                return budget
        raise NotFound("budget", budget_id)

    async def receiver(self, workspace: WorkspaceId, budget_id: str) -> tuple[str, str] | None:
        """Where warnings of the budget go, and the secret that signs them; None where none are
        wanted."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_budget_webhook", _ReceiverRow, budget_id=budget_id
            )
        if row is None:
            return None
        secret = self._sealer.open(bytes(row.sealed_webhook_secret), row.place(workspace))
        return row.webhook_url, secret

    async def balances(
        self,
        workspace: WorkspaceId,
        budgets: Sequence[Budget],
        now: datetime,
        subject_ids: Sequence[str] | None = None,
    ) -> dict[CounterKey, Balance]:
        """How the budgets stand in the windows of `now`: of all subjects that have spent anything,
        or of those that are named."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_budget_balances",
                _BalanceRow,
                budget_ids=[budget.budget_id for budget in budgets],
                window_starts=[budget.window_start(now) for budget in budgets],
                subject_ids=None if subject_ids is None else list(subject_ids),
            )
        return {
            CounterKey(row.budget_id, row.subject_id, row.window_start): Balance(
                row.spent, row.held
            )
            for row in rows
        }

    @property
    def _sealer(self) -> Sealing:
        if self._sealing is None:
            raise InvariantBroken("a store of rules without a key meets a webhook's secret")
        return self._sealing


def _place(workspace: WorkspaceId, subject: Subject, unit: Unit, period: Period) -> str:
    """What a sealed secret is bound to: what is unique of a budget."""
    return f"soft limit of {subject.kind}:{subject.id} in {unit} a {period} of {workspace}"
