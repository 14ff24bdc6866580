"""The usage, the ledger and the audit log as they are told."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from agent_memory.api.schemas.answers.admin import BalanceAnswer, BudgetAnswer
from agent_memory.api.schemas.answers.answer import Answer
from agent_memory.gateway.usage_report import UsageBy


class _Tokens(Answer):
    """The four classes; no token is in two of them."""

    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int


class UsageRowAnswer(_Tokens):
    """day to session: as far as the report is by them. cost: dollars, a decimal as text."""

    day: str = ""
    key: str = ""
    provider: str = ""
    model: str = ""
    agent: str = ""
    session: str = ""
    requests: int
    errors: int
    cancelled: int
    unpriced: int
    cost: str
    latency_ms: float


class UsageAnswer(Answer):
    from_: date = Field(alias="from")
    to: date
    by: list[UsageBy]
    data: list[UsageRowAnswer]


class BudgetLeftAnswer(BalanceAnswer):
    budget: BudgetAnswer
    resets_at: datetime | None


class OwnUsageAnswer(Answer):
    key_id: str
    from_: date = Field(alias="from")
    to: date
    days: list[UsageRowAnswer]
    budgets: list[BudgetLeftAnswer]


class LedgerEntryAnswer(_Tokens):
    """cost: dollars, a decimal as text; null where no price is known."""

    object: Literal["ledger_entry"]
    id: str
    request_id: str
    key_id: str
    agent: str | None
    session_id: str | None
    surface: str
    requested_model: str
    provider: str
    model: str
    cost: str | None
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


class AuditEntryAnswer(Answer):
    object: Literal["audit_entry"]
    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


class VerdictAnswer(Answer):
    """broken_at: the number of the first entry that is not as it was written."""

    is_whole: bool
    num_entries: int
    head: str
    broken_at: int | None
