"""What was used, as values. Costs are exact decimals, in dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Json = Mapping[str, Any]
_AMOUNTS = frozenset(
    {
        "requests",
        "errors",
        "cancelled",
        "unpriced",
        "input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_tokens",
        "cost",
        "latency_ms",
    }
)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Requests added up. by: such as `{"day": "2026-01-01"}`. num_unpriced: their cost is not
    known. latency_ms: of a request, on average."""

    by: Mapping[str, str]
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


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    """Of a budget that the key falls under, in its unit. resets_at: None where it never does."""

    id: str
    unit: str
    period: str
    amount: Decimal
    spent: Decimal
    remaining: Decimal
    resets_at: str | None


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """What one key has used, by day, and what its budgets have left."""

    key_id: str
    first_day: str
    last_day: str
    days: tuple[UsageRow, ...]
    budgets: tuple[BudgetLeft, ...]


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Requests, the newest first, as they were sent. next_cursor: None on the last page."""

    entries: tuple[Json, ...]
    next_cursor: str | None


def read_row(sent: Json) -> UsageRow:
    return UsageRow(
        {name: value for name, value in sent.items() if name not in _AMOUNTS},
        sent["requests"],
        sent["errors"],
        sent["cancelled"],
        sent["unpriced"],
        sent["input_tokens"],
        sent["cache_read_tokens"],
        sent["cache_write_tokens"],
        sent["output_tokens"],
        Decimal(sent["cost"]),
        sent["latency_ms"],
    )


def read_key_usage(sent: Json) -> KeyUsage:
    return KeyUsage(
        sent["key_id"],
        sent["from"],
        sent["to"],
        tuple(map(read_row, sent["days"])),
        tuple(map(_read_left, sent["budgets"])),
    )


def read_ledger(sent: Json) -> LedgerPage:
    return LedgerPage(tuple(sent["data"]), sent["next_cursor"])


def _read_left(sent: Json) -> BudgetLeft:
    budget = sent["budget"]
    return BudgetLeft(
        budget["id"],
        budget["unit"],
        budget["period"],
        Decimal(budget["amount"]),
        Decimal(sent["spent"]),
        Decimal(sent["remaining"]),
        sent["resets_at"],
    )
