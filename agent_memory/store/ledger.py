"""The ledger in the database: read line by line, or added up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from agent_memory.gateway.accounting import Served
from agent_memory.gateway.prices import TokenCounts
from agent_memory.gateway.usage_report import LedgerLine, UsageBy, UsageRow
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId
from agent_memory.pages import Page
from agent_memory.store.cursors import Cursor
from agent_memory.store.database import Database
from agent_memory.store.memory.pages import check_limit, has_more


@dataclass(frozen=True, slots=True)
class _LineRow:
    entry_id: str
    request_id: RequestId
    key_id: KeyId
    agent: str | None
    session_id: SessionId | None
    surface: str
    requested_model: str
    provider: str
    model: str
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost: Decimal | None
    price_id: str | None
    status: int
    error_code: str | None
    is_cancelled: bool
    is_repeat: bool
    is_estimated: bool
    num_attempts: int
    started_at: datetime
    latency_ms: float
    first_byte_ms: float | None
    upstream_ms: float
    settled_at: datetime

    def line(self, workspace: WorkspaceId) -> LedgerLine:
        tokens = TokenCounts(
            self.input_tokens,
            self.cache_read_tokens,
            self.cache_write_tokens,
            self.output_tokens,
        )
        served = Served(
            request_id=self.request_id,
            workspace_id=workspace,
            key_id=self.key_id,
            session_id=self.session_id,
            surface=self.surface,
            requested_model=self.requested_model,
            provider=self.provider,
            model=self.model,
            tokens=tokens,
            cost=self.cost,
            price_id=self.price_id,
            status=self.status,
            started_at=self.started_at,
            latency_ms=self.latency_ms,
            first_byte_ms=self.first_byte_ms,
            upstream_ms=self.upstream_ms,
            num_attempts=self.num_attempts,
            is_cancelled=self.is_cancelled,
            is_estimated=self.is_estimated,
            error_code=self.error_code,
            agent=self.agent,
            is_repeat=self.is_repeat,
        )
        return LedgerLine(self.entry_id, served)


@dataclass(frozen=True, slots=True)
class _UsageRow:
    day: date | None
    key_id: str | None
    provider: str | None
    model: str | None
    agent: str | None
    session_id: str | None
    num_requests: int
    num_errors: int
    num_cancelled: int
    num_unpriced: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost: Decimal
    latency_ms: float

    def row(self) -> UsageRow:
        names = {
            UsageBy.DAY: None if self.day is None else self.day.isoformat(),
            UsageBy.KEY: self.key_id,
            UsageBy.PROVIDER: self.provider,
            UsageBy.MODEL: self.model,
            UsageBy.AGENT: self.agent,
            UsageBy.SESSION: self.session_id,
        }
        return UsageRow(
            {by: name for by, name in names.items() if name is not None},
            self.num_requests,
            self.num_errors,
            self.num_cancelled,
            self.num_unpriced,
            TokenCounts(
                self.input_tokens,
                self.cache_read_tokens,
                self.cache_write_tokens,
                self.output_tokens,
            ),
            self.cost,
            self.latency_ms / max(1, self.num_requests),
        )


@dataclass(frozen=True, slots=True)
class _DayRow:
    day: date


class LedgerStore:
    """Implements `Ledger`, and adds up days that are over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lines(
        self,
        workspace: WorkspaceId,
        cursor: str | None,
        limit: int,
        key: KeyId | None = None,
        session: SessionId | None = None,
    ) -> Page[LedgerLine]:
        check_limit(limit)
        before = None if cursor is None else Cursor.decode(cursor)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_ledger",
                _LineRow,
                key_id=key,
                session_id=session,
                before_at=None if before is None else before.created_at,
                before_id=None if before is None else before.id,
                limit=limit + 1,
            )
        page = rows[:limit]
        following = (
            Cursor(page[-1].settled_at, page[-1].entry_id) if has_more(rows, limit) else None
        )
        return Page(
            [row.line(workspace) for row in page],
            None if following is None else following.encode(),
        )

    async def usage(
        self,
        workspace: WorkspaceId,
        first: date,
        last: date,
        by: Sequence[UsageBy],
        key: KeyId | None = None,
    ) -> list[UsageRow]:
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "sum_usage",
                _UsageRow,
                first=first,
                last=last,
                by=[name.value for name in by],
                key_id=key,
            )
        return [row.row() for row in rows]

    async def roll_up(self, workspace: WorkspaceId, today: date) -> int:
        """Add up the days before `today` that were not added up yet; how many. Each is one
        transaction: a report sees it either line by line or added up."""
        async with self._database.workspace(workspace) as transaction:
            days = await transaction.fetch_all("list_days_to_roll", _DayRow, today=today)
        for row in days:
            async with self._database.workspace(workspace) as transaction:
                marked = await transaction.fetch_value(
                    "mark_rolled_day", workspace_id=workspace, day=row.day
                )
                if marked is not None:
                    await transaction.run("roll_up_day", day=row.day)
        return len(days)
