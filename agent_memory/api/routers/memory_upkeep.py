"""What keeps the memory of a workspace in order."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.json_body import parse_object
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.memory.upkeep import HoldBody
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ItemId, ThreadId
from agent_memory.memory.service.redaction import RedactionSetting

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
_HELD = {"held": True, "item_id": None, "thread_id": "proj-1"}


def _takes_object(example: object) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.get(
    "/redaction/policy",
    summary="Read what is removed before anything is stored",
    responses=answers("The policy in force.", _REDACTION),
)
async def get_redaction(request: Request) -> Response:
    """Kinds of secrets and personal data, rules of the workspace's own, and what stays."""
    call = await Call.open(request, Scope.MEMORY)
    return json_answer(
        _setting_json(await call.surface.runtime.memory.redaction.get(call.workspace))
    )


@router.put(
    "/redaction/policy",
    summary="Set what is removed before anything is stored",
    openapi_extra=_takes_object(_REDACTION["policy"]),
    responses=answers("The policy, and the job that redacts again what was stored.", _REDACTION),
)
async def set_redaction(request: Request) -> Response:
    """What is left out of the policy is as by default."""
    call = await Call.open(request, Scope.ADMIN)
    raw: Any = parse_object(await request.body(), call.surface.limits)
    return json_answer(
        _setting_json(await call.surface.runtime.memory.redaction.set(call.workspace, raw))
    )


@router.put(
    "/holds",
    summary="Hold an item or a conversation, or let it go",
    openapi_extra=takes(HoldBody, {"held": True, "thread_id": "proj-1"}),
    responses=answers("What is held now.", _HELD),
)
async def set_hold(request: Request) -> Response:
    """What is under legal hold is neither archived nor erased, by anybody."""
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


def _setting_json(setting: RedactionSetting) -> dict[str, object]:
    return {
        "policy": dict(setting.policy),
        "version": setting.version,
        "job_id": setting.job_id,
    }
