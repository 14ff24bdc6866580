"""Usage, added up and line by line; a key's remaining limits; and who changed what."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.budgets import Balance, Budget, Cost, holds_of
from agent_memory.access.principal import Scope
from agent_memory.access.subject import Caller
from agent_memory.api.call import Call
from agent_memory.api.client_address import client_address
from agent_memory.api.identity import named_agent
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers
from agent_memory.api.page_answer import page_answer
from agent_memory.api.routers.admin_keys import administration_of
from agent_memory.api.schemas.answers.answer import PageOf
from agent_memory.api.schemas.answers.usage import (
    AuditEntryAnswer,
    LedgerEntryAnswer,
    OwnUsageAnswer,
    UsageAnswer,
    VerdictAnswer,
)
from agent_memory.api.schemas.moments import IsoDate
from agent_memory.api.translators.admin_json import (
    audit_json,
    balance_json,
    budget_json,
    ledger_json,
    usage_json,
)
from agent_memory.errors import InvalidRequest
from agent_memory.gateway.usage_report import UsageBy, UsageRow
from agent_memory.ids import KeyId, SessionId

router = APIRouter(tags=["Usage"])

_MAX_DAYS = 400
_DEFAULT_DAYS = 30
_SUMS = {
    "requests": 12,
    "errors": 0,
    "cancelled": 1,
    "unpriced": 0,
    "input_tokens": 1200,
    "cache_read_tokens": 4096,
    "cache_write_tokens": 0,
    "output_tokens": 300,
    "cost": "0.0125",
    "latency_ms": 812.4,
}
_ENTRY = {
    "object": "ledger_entry",
    "id": "use_4b1d",
    "request_id": "req_5e0c",
    "key_id": "3f9c0a1b2c3d",
    "surface": "messages",
    "agent": None,
    "session_id": "sess_4b1d",
    "requested_model": "tiny",
    "provider": "local",
    "model": "tiny",
    "input_tokens": 9,
    "cache_read_tokens": 512,
    "cache_write_tokens": 0,
    "output_tokens": 3,
    "cost": "0",
    "price_id": "local:free",
    "status": 200,
    "error_code": None,
    "is_cancelled": False,
    "is_repeat": False,
    "is_estimated": False,
    "num_attempts": 1,
    "started_at": "2026-01-01T00:00:00+00:00",
    "latency_ms": 812.4,
    "first_byte_ms": 96.1,
}
_AUDIT = {
    "object": "audit_entry",
    "number": 1,
    "at": "2026-01-01T00:00:00+00:00",
    "actor": "cli",
    "action": "key.create",
    "subject": "3f9c0a1b2c3d",
    "detail": {"name": "ann"},
    "hash": "9f2c",
}
_VERDICT = {"is_whole": True, "num_entries": 1, "head": "9f2c", "broken_at": None}
_LEFT = {
    "budget": {
        "object": "budget",
        "id": "budget_77d0",
        "subject": "session",
        "subject_id": "*",
        "unit": "tokens",
        "amount": "200000",
        "period": "total",
        "time_zone": "UTC",
        "soft_limit": None,
        "webhook_url": None,
        "created_at": "2026-01-01T00:00:00+00:00",
    },
    "subject_id": "sess_4b1d",
    "resets_at": None,
    "spent": "531",
    "reserved": "0",
    "remaining": "199469",
}


@router.get(
    "/v1/usage",
    summary="Add up the usage",
    responses=answers(
        "A row for each combination.",
        {
            "from": "2026-01-01",
            "to": "2026-01-30",
            "by": ["day"],
            "data": [{"day": "2026-01-01", **_SUMS}],
        },
        UsageAnswer,
        table=f"day,{','.join(_SUMS)}\n2026-01-01,{','.join(map(str, _SUMS.values()))}\n",
    ),
)
async def usage(
    request: Request,
    by: Annotated[str, Query(max_length=100, json_schema_extra={"format": "usage-by"})] = "day",
    from_: Annotated[IsoDate | None, Query(alias="from")] = None,
    to: Annotated[IsoDate | None, Query()] = None,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Response:
    """`by`: any of day, key, provider, model, agent, session, separated by commas. `from` and `to`
    are days in UTC, both included; the last 30 days by default. Costs are exact decimals."""
    call = await Call.open(request, Scope.ADMIN)
    first, last = _days(call, from_, to)
    names = _by(by)
    rows = await administration_of(call).ledger.usage(call.workspace, first, last, names)
    if form == "csv":
        return Response(_csv(rows, names), media_type="text/csv; charset=utf-8")
    return json_answer(
        {"from": first, "to": last, "by": names, "data": [usage_json(row) for row in rows]}
    )


@router.get(
    "/v1/usage/me",
    summary="Show a key's own usage",
    responses=answers(
        "What this key has used, and what its budgets have left.",
        {
            "key_id": "3f9c0a1b2c3d",
            "from": "2026-01-01",
            "to": "2026-01-30",
            "days": [{"day": "2026-01-01", **_SUMS}],
            "budgets": [_LEFT],
        },
        OwnUsageAnswer,
    ),
)
async def usage_of_key(
    request: Request,
    from_: Annotated[IsoDate | None, Query(alias="from")] = None,
    to: Annotated[IsoDate | None, Query()] = None,
) -> Response:
    """For every key. `budgets`: those that a request of this key falls under, with the agent and
    the session that the headers name."""
    call = await Call.open(request, Scope.INFERENCE)
    first, last = _days(call, from_, to)
    rows = await administration_of(call).ledger.usage(
        call.workspace, first, last, (UsageBy.DAY,), call.principal.key_id
    )
    return json_answer(
        {
            "key_id": call.principal.key_id,
            "from": first,
            "to": last,
            "days": [usage_json(row) for row in rows],
            "budgets": await _left(call),
        }
    )


@router.get(
    "/v1/admin/ledger",
    summary="Read the ledger",
    responses=answers(
        "A page, newest first.",
        {"data": [_ENTRY], "next_cursor": None},
        PageOf[LedgerEntryAnswer],
    ),
)
async def read_ledger(
    request: Request,
    key_id: Annotated[str | None, Query(max_length=128)] = None,
    session_id: Annotated[str | None, Query(max_length=128)] = None,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """One line for each request that was admitted; never what was said in it."""
    call = await Call.open(request, Scope.ADMIN)
    page = await administration_of(call).ledger.lines(
        call.workspace,
        cursor,
        limit,
        None if key_id is None else KeyId(key_id),
        None if session_id is None else SessionId(session_id),
    )
    return page_answer(page, ledger_json)


@router.get(
    "/v1/admin/audit",
    summary="Read the audit log",
    responses=answers(
        "A page, newest first.",
        {"data": [_AUDIT], "next_cursor": None},
        PageOf[AuditEntryAnswer],
    ),
)
async def read_audit(
    request: Request,
    cursor: Annotated[
        str | None, Query(max_length=64, json_schema_extra={"format": "audit-cursor"})
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Who changed which key, limit, budget or workspace."""
    call = await Call.open(request, Scope.ADMIN)
    page = await administration_of(call).audit.list(call.workspace, cursor, limit)
    return page_answer(page, audit_json)


@router.get(
    "/v1/admin/audit/verify",
    summary="Verify the audit log",
    responses=answers("Whether it is as it was written.", _VERDICT, VerdictAnswer),
)
async def verify_audit(request: Request) -> Response:
    """Every entry bears the hash of the one before it: one that was changed, left out or cut off
    at the end is found. `broken_at` is the number of the first that is not as it was."""
    call = await Call.open(request, Scope.ADMIN)
    verdict = await administration_of(call).audit.verify(call.workspace)
    return json_answer(
        {
            "is_whole": verdict.is_whole,
            "num_entries": verdict.num_entries,
            "head": verdict.head.hex(),
            "broken_at": verdict.broken_at,
        }
    )


async def _left(call: Call) -> list[dict[str, object]]:
    """What the budgets have left that the caller's requests fall under."""
    now = datetime.fromtimestamp(call.surface.clock(), UTC)
    rules = administration_of(call).rules
    budgets = (await rules.rules(call.workspace)).budgets
    caller = Caller(
        call.workspace,
        call.principal.key_id,
        client_address(call.request),
        named_agent(call.request.headers),
        call.session(),
    )
    holds = holds_of(budgets, caller, Cost(0, Decimal(0)), now)
    names = [hold.counter.subject_id for hold in holds]
    balances = await rules.balances(call.workspace, [hold.budget for hold in holds], now, names)
    return [
        _left_json(hold.budget, balance_json(hold.budget, hold.counter, balance), now)
        for hold in holds
        for balance in [balances.get(hold.counter, Balance())]
    ]


def _left_json(budget: Budget, balance: dict[str, object], now: datetime) -> dict[str, object]:
    return {"budget": budget_json(budget), "resets_at": budget.resets_at(now), **balance}


def _days(call: Call, first: date | None, last: date | None) -> tuple[date, date]:
    today = datetime.fromtimestamp(call.surface.clock(), UTC).date()
    last = last or today
    first = first or last - timedelta(days=_DEFAULT_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=_MAX_DAYS):
        raise InvalidRequest(f"A report covers 1 to {_MAX_DAYS} days.", "from")
    return first, last


def _by(text: str) -> list[UsageBy]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not set(names) <= set(UsageBy):
        known = ", ".join(UsageBy)
        raise InvalidRequest(f"by is any of: {known}.", "by")
    return [by for by in UsageBy if by in names]


def _csv(rows: Sequence[UsageRow], by: Sequence[UsageBy]) -> str:
    """With a line of names. A cell that a spreadsheet would take for a formula is quoted."""
    columns = [*by, *_SUMS]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = usage_json(row)
        writer.writerow([_cell(str(cells.get(column, ""))) for column in columns])
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
