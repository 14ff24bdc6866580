"""Limits and budgets of a workspace, for administrators."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.budgets import Balance, Budget, CounterKey, SoftLimit
from agent_memory.access.principal import Scope
from agent_memory.access.rule_checks import (
    check_amount,
    check_metric,
    check_period,
    check_rate,
    check_soft_limit,
    check_subject,
    check_time_zone,
    check_unit,
)
from agent_memory.access.subject import EACH
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.routers.admin_keys import administration_of
from agent_memory.api.schemas.admin import PutBudgetBody, PutLimitBody
from agent_memory.api.schemas.answers.admin import (
    BudgetAnswer,
    LimitAnswer,
    NewBudgetAnswer,
    StandingAnswer,
)
from agent_memory.api.schemas.answers.answer import Listing
from agent_memory.api.translators.admin_json import balance_json, budget_json, limit_json
from agent_memory.contexts.webhooks.webhook import check_url, new_secret
from agent_memory.errors import InvalidRequest

router = APIRouter(prefix="/v1/admin", tags=["Administration"])

_LIMIT = {
    "object": "limit",
    "id": "limit_9a1c",
    "subject": "key",
    "subject_id": "*",
    "metric": "requests",
    "amount": 60,
    "per_s": 60,
    "created_at": "2026-01-01T00:00:00+00:00",
}
_BUDGET = {
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
}
_STANDING = {
    **_BUDGET,
    "resets_at": None,
    "counters": [
        {"subject_id": "sess_4b1d", "spent": "531", "reserved": "0", "remaining": "199469"}
    ],
}


@router.get(
    "/limits",
    summary="List the limits",
    responses=answers("All.", {"data": [_LIMIT]}, Listing[LimitAnswer]),
)
async def list_limits(request: Request) -> Response:
    """Of the workspace, oldest first."""
    call = await Call.open(request, Scope.ADMIN)
    rules = await administration_of(call).rules.rules(call.workspace)
    return json_answer({"data": [limit_json(limit) for limit in rules.limits]})


@router.post(
    "/limits",
    summary="Set a limit",
    openapi_extra=takes(PutLimitBody, {"subject": "key", "metric": "requests", "amount": 60}),
    responses=answers("The limit.", _LIMIT, LimitAnswer),
)
async def put_limit(request: Request) -> Response:
    """It holds within two seconds. One of the same subject, metric and time gets the new amount."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(PutLimitBody)
    amount, per_s = check_rate(body.amount, body.per_s)
    limit = await administration_of(call).rules.put_limit(
        call.workspace,
        check_subject(body.subject, body.subject_id, of_budget=False),
        check_metric(body.metric),
        amount,
        per_s,
        call.principal.key_id,
    )
    return json_answer(limit_json(limit))


@router.delete(
    "/limits/{id}",
    summary="Delete a limit",
    responses=answers("Gone.", _LIMIT, LimitAnswer),
)
async def delete_limit(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """It holds no longer, within two seconds."""
    call = await Call.open(request, Scope.ADMIN)
    gone = await administration_of(call).rules.delete_limit(
        call.workspace, id, call.principal.key_id
    )
    return json_answer(limit_json(gone))


@router.get(
    "/budgets",
    summary="List the budgets",
    responses=answers("All, with what was spent.", {"data": [_STANDING]}, Listing[StandingAnswer]),
)
async def list_budgets(request: Request) -> Response:
    """Each with the window of now: what was spent, is reserved and remains, by subject; of more
    than a thousand subjects those that spent most."""
    call = await Call.open(request, Scope.ADMIN)
    rules = administration_of(call).rules
    budgets = (await rules.rules(call.workspace)).budgets
    now = datetime.fromtimestamp(call.surface.clock(), UTC)
    balances = await rules.balances(call.workspace, budgets, now)
    return json_answer({"data": [standing_json(one, balances, now) for one in budgets]})


@router.post(
    "/budgets",
    summary="Set a budget",
    openapi_extra=takes(
        PutBudgetBody,
        {"subject": "session", "unit": "tokens", "amount": "200000", "period": "total"},
    ),
    responses=answers("The budget.", _BUDGET, NewBudgetAnswer),
)
async def put_budget(request: Request) -> Response:
    """It holds within two seconds. One of the same subject, unit and period gets the new amount and
    soft limit; what was spent of it stays spent. With a `soft_limit` the answer has the secret that
    signs what is sent to `webhook_url` (Standard Webhooks), which is not shown again."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(PutBudgetBody)
    amount = check_amount(str(body.amount))
    soft = _soft_limit(call, body, amount)
    budget = await administration_of(call).rules.put_budget(
        call.workspace,
        check_subject(body.subject, body.subject_id, of_budget=True),
        check_unit(body.unit),
        amount,
        check_period(body.period),
        check_time_zone(body.time_zone),
        call.principal.key_id,
        soft,
    )
    shown_once = {} if soft is None else {"webhook_secret": soft.secret}
    return json_answer({**budget_json(budget), **shown_once})


@router.delete(
    "/budgets/{id}",
    summary="Delete a budget",
    responses=answers("Gone.", _BUDGET, BudgetAnswer),
)
async def delete_budget(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Its spending is forgotten; the ledger stays."""
    call = await Call.open(request, Scope.ADMIN)
    gone = await administration_of(call).rules.delete_budget(
        call.workspace, id, call.principal.key_id
    )
    return json_answer(budget_json(gone))


def _soft_limit(call: Call, body: PutBudgetBody, amount: Decimal) -> SoftLimit | None:
    if body.soft_limit is None and body.webhook_url is None:
        return None
    if body.soft_limit is None or body.webhook_url is None:
        message = "soft_limit and webhook_url are set together."
        raise InvalidRequest(message, "soft_limit" if body.soft_limit is None else "webhook_url")
    feed = call.surface.runtime.context_feed
    may_be_private = feed is not None and feed.webhooks_to_private
    url = check_url(body.webhook_url, may_be_private=may_be_private)
    return SoftLimit(check_soft_limit(str(body.soft_limit), amount), url, new_secret())


def standing_json(
    budget: Budget, balances: Mapping[CounterKey, Balance], now: datetime
) -> dict[str, object]:
    """A budget and its counters; one of a single subject has its counter from the beginning on."""
    mine = {key: one for key, one in balances.items() if key.budget_id == budget.budget_id}
    if not mine and budget.subject.id != EACH:
        key = CounterKey(budget.budget_id, budget.subject.id, budget.window_start(now))
        mine = {key: Balance()}
    return {
        **budget_json(budget),
        "resets_at": budget.resets_at(now),
        "counters": [balance_json(budget, key, balance) for key, balance in mine.items()],
    }
