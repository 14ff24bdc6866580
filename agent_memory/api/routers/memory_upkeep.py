"""The upkeep of a workspace's memory."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.json_body import parse_object
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.schemas.memory.upkeep import (
    ConsolidationRunBody,
    HoldBody,
    RetentionRunBody,
)
from agent_memory.api.translators.memory_upkeep import (
    consolidation_json,
    record_json,
    retention_json,
    setting_json,
)
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ItemId, ThreadId

router = APIRouter(prefix="/v1/memory", tags=["Memory"])

_REDACTION = {
    "policy": {
        "kinds": ["email", "github_token"],
        "custom_rules": [{"name": "employee", "pattern": "EMP-\\d{4,8}"}],
        "allowed": ["support@example.com"],
        "assignments": "literal",
        "keeps_private_addresses": True,
    },
    "version": 1,
    "job_id": "job_17",
}
_RETENTION = {
    "archive_after_days": 90.0,
    "erase_after_days": None,
    "by_kind": {"log": {"archive_after_days": None, "erase_after_days": 30.0}},
    "archive_below": None,
    "spare_above": 0.8,
    "min_age_days": 1.0,
    "max_active": None,
    "max_items": 100_000,
}
_RETAINED = {
    "dry_run": True,
    "planned": {"archive": {"age": 12}, "erase": {"count": 3}},
    "held": {},
    "kept": 985,
    "archived": 0,
    "erased": 0,
    "items": [{"id": "item_5e0c", "fate": "archive", "because_of": "age"}],
}
_ACTION = {
    "id": "cons_01",
    "action": "supersede",
    "reason": "statements about 'database of ledger'",
    "changes": [
        {"id": "item_5e0c", "from": "active", "to": "superseded", "successor_id": "item_77aa"}
    ],
}
_CONSOLIDATED = {
    "dry_run": False,
    "items_seen": 120,
    "states": {"superseded": 1},
    "num_actions": 1,
    "actions": [_ACTION],
}
_RECORD = {
    "id": "cons_01",
    "action": "supersede",
    "reason": "statements about 'database of ledger'",
    "items": ["item_5e0c"],
    "created_at": "2026-01-01T09:00:00+00:00",
    "undone_at": None,
}
_HELD = {"held": True, "item_id": None, "thread_id": "proj-1"}


def _takes_object(example: object) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.get(
    "/redaction/policy",
    summary="Read the redaction policy",
    responses=answers("The policy in force.", _REDACTION),
)
async def get_redaction(request: Request) -> Response:
    """Kinds of secrets and personal data, rules of the workspace's own, and what stays."""
    call = await Call.open(request, Scope.MEMORY)
    return json_answer(
        setting_json(await call.surface.runtime.memory.redaction.get(call.workspace))
    )


@router.put(
    "/redaction/policy",
    summary="Set the redaction policy",
    openapi_extra=_takes_object(_REDACTION["policy"]),
    responses=answers("The policy, and the job that redacts again what was stored.", _REDACTION),
)
async def set_redaction(request: Request) -> Response:
    """Fields that are left out of the policy are as by default."""
    call = await Call.open(request, Scope.ADMIN)
    raw: Any = parse_object(await request.body(), call.surface.limits)
    return json_answer(
        setting_json(await call.surface.runtime.memory.redaction.set(call.workspace, raw))
    )


@router.put(
    "/holds",
    summary="Set or release a legal hold",
    openapi_extra=takes(HoldBody, {"held": True, "thread_id": "proj-1"}),
    responses=answers("What is held now.", _HELD),
)
async def set_hold(request: Request) -> Response:
    """Items under legal hold are neither archived nor erased, by anybody."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(HoldBody)
    holds = call.surface.runtime.memory.holds
    if (body.item_id is None) == (body.thread_id is None):
        raise InvalidRequest("Name either item_id or thread_id.", "item_id")
    if body.item_id is not None:
        await holds.hold_item(call.workspace, ItemId(body.item_id), body.held)
    elif body.thread_id is not None:
        await holds.hold_thread(call.workspace, ThreadId(body.thread_id), body.held)
    return json_answer({"held": body.held, "item_id": body.item_id, "thread_id": body.thread_id})


@router.get(
    "/retention/policy",
    summary="Read the retention policy",
    responses=answers("The policy in force.", _RETENTION),
)
async def get_retention(request: Request) -> Response:
    """Ages in days by kind, thresholds of importance, and how many items at most."""
    call = await Call.open(request, Scope.MEMORY)
    retention = call.surface.runtime.memory.retention
    return json_answer(dict(await retention.get_policy(call.workspace)))


@router.put(
    "/retention/policy",
    summary="Set the retention policy",
    openapi_extra=_takes_object(_RETENTION),
    responses=answers("The policy in force.", _RETENTION),
)
async def set_retention(request: Request) -> Response:
    """Fields that are left out are as by default: nothing goes."""
    call = await Call.open(request, Scope.ADMIN)
    raw: Any = parse_object(await request.body(), call.surface.limits)
    retention = call.surface.runtime.memory.retention
    return json_answer(dict(await retention.set_policy(call.workspace, raw)))


@router.post(
    "/retention/run",
    summary="Archive and erase by the retention policy",
    openapi_extra=takes(RetentionRunBody, {"dry_run": True}),
    responses=answers("Counts of what was done, or would be.", _RETAINED),
)
async def run_retention(request: Request) -> Response:
    """A dry run only counts. What is under legal hold stays as it is."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(RetentionRunBody)
    retention = call.surface.runtime.memory.retention
    return json_answer(retention_json(await retention.run(call.workspace, is_dry=body.dry_run)))


@router.post(
    "/consolidation/run",
    summary="Merge duplicates and mark superseded statements",
    openapi_extra=takes(ConsolidationRunBody, {"dry_run": True}),
    responses=answers("Actions that were done, or would be.", _CONSOLIDATED),
)
async def run_consolidation(request: Request) -> Response:
    """Looks at what no run has looked at, and at what feedback calls outdated or duplicate."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(ConsolidationRunBody)
    consolidate = call.surface.runtime.memory.consolidate
    return json_answer(
        consolidation_json(await consolidate.run(call.workspace, is_dry=body.dry_run))
    )


@router.get(
    "/consolidation",
    summary="List the consolidations",
    responses=answers("A page, the newest first.", {"data": [_RECORD], "next_cursor": None}),
)
async def list_consolidations(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Each action with its reason; those that were undone bear the time."""
    call = await Call.open(request, Scope.MEMORY)
    consolidate = call.surface.runtime.memory.consolidate
    return page_answer(await consolidate.list(call.workspace, cursor, limit), record_json)


@router.delete(
    "/consolidation/{id}",
    summary="Undo one action of a consolidation",
    responses=answers("It is undone.", {"id": "cons_01", "undone": True}),
)
async def undo_consolidation(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """The items are as they were. 409 when something has changed since."""
    call = await Call.open(request, Scope.ADMIN)
    await call.surface.runtime.memory.consolidate.undo(call.workspace, id)
    return json_answer({"id": id, "undone": True})
