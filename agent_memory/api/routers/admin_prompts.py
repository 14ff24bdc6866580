"""The log of prompts, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.access.prompt_policy import PromptPolicy, check_policy
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.routers.admin_keys import administration_of
from agent_memory.api.schemas.admin import PromptPolicyBody
from agent_memory.api.schemas.answers.admin import (
    PromptAnswer,
    PromptPolicyAnswer,
    PromptsErasedAnswer,
)
from agent_memory.api.schemas.answers.answer import PageOf
from agent_memory.gateway.prompt_log import LoggedPrompt
from agent_memory.ids import KeyId, SessionId

router = APIRouter(prefix="/v1/admin/prompts", tags=["Administration"])

_Id = Annotated[str | None, Query(max_length=128)]
_POLICY = {
    "object": "prompt_policy",
    "enabled": False,
    "on_for_keys": ["3f9c0a1b2c3d"],
    "off_for_keys": [],
    "keep_days": 30,
}
_PROMPT = {
    "object": "prompt",
    "id": "prompt_4b1d",
    "request_id": "req_5e0c",
    "key_id": "3f9c0a1b2c3d",
    "agent": None,
    "session_id": None,
    "surface": "messages",
    "provider": "anthropic",
    "model": "claude-haiku-4-5",
    "status": 200,
    "at": "2026-01-01T00:00:00+00:00",
    "request": '{"model":"anthropic/claude-haiku-4-5","messages":[]}',
    "answer": "Paris.",
    "num_redacted": 0,
}


@router.get(
    "/policy",
    summary="Show whose prompts are logged",
    responses=answers("The policy.", _POLICY, PromptPolicyAnswer),
)
async def get_prompt_policy(request: Request) -> Response:
    """Nobody's by default."""
    call = await Call.open(request, Scope.ADMIN)
    return json_answer(_policy_json(await administration_of(call).prompts.policy(call.workspace)))


@router.put(
    "/policy",
    summary="Set whose prompts are logged",
    openapi_extra=takes(PromptPolicyBody, {"enabled": False, "on_for_keys": ["3f9c0a1b2c3d"]}),
    responses=answers("The policy.", _POLICY, PromptPolicyAnswer),
)
async def set_prompt_policy(request: Request) -> Response:
    """It holds within two seconds, for requests that begin then. What was logged before is erased
    when it is older than `keep_days`."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(PromptPolicyBody)
    policy = check_policy(
        is_on=body.enabled,
        on_for_keys=body.on_for_keys,
        off_for_keys=body.off_for_keys,
        keep_days=body.keep_days,
    )
    await administration_of(call).prompts.set_policy(call.workspace, policy, call.principal.key_id)
    return json_answer(_policy_json(policy))


@router.get(
    "",
    summary="Read logged prompts",
    responses=answers(
        "A page, newest first.", {"data": [_PROMPT], "next_cursor": None}, PageOf[PromptAnswer]
    ),
)
async def list_prompts(
    request: Request,
    key_id: _Id = None,
    session_id: _Id = None,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What was asked and answered, without the secrets and personal data that the redaction policy
    of memory names."""
    call = await Call.open(request, Scope.ADMIN)
    page = await administration_of(call).prompts.list(
        call.workspace,
        cursor,
        limit,
        None if key_id is None else KeyId(key_id),
        None if session_id is None else SessionId(session_id),
    )
    return page_answer(page, _prompt_json)


@router.get(
    "/{id}", summary="Read one logged prompt", responses=answers("It.", _PROMPT, PromptAnswer)
)
async def get_prompt(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """One request and its answer."""
    call = await Call.open(request, Scope.ADMIN)
    return json_answer(_prompt_json(await administration_of(call).prompts.get(call.workspace, id)))


@router.delete(
    "",
    summary="Erase logged prompts",
    responses=answers(
        "How many there were.",
        {"object": "prompts.erased", "num_prompts": 12},
        PromptsErasedAnswer,
    ),
)
async def erase_prompts(request: Request, key_id: _Id = None, session_id: _Id = None) -> Response:
    """All of the workspace, or those of a key or a session."""
    call = await Call.open(request, Scope.ADMIN)
    count = await administration_of(call).prompts.erase(
        call.workspace,
        call.principal.key_id,
        None if key_id is None else KeyId(key_id),
        None if session_id is None else SessionId(session_id),
    )
    return json_answer({"object": "prompts.erased", "num_prompts": count})


def _policy_json(policy: PromptPolicy) -> dict[str, object]:
    return {
        "object": "prompt_policy",
        "enabled": policy.is_on,
        "on_for_keys": sorted(policy.on_for_keys),
        "off_for_keys": sorted(policy.off_for_keys),
        "keep_days": policy.keep_days,
    }


def _prompt_json(prompt: LoggedPrompt) -> dict[str, object]:
    return {
        "object": "prompt",
        "id": prompt.prompt_id,
        "request_id": prompt.request_id,
        "key_id": prompt.key_id,
        "agent": prompt.agent,
        "session_id": prompt.session_id,
        "surface": prompt.surface,
        "provider": prompt.provider,
        "model": prompt.model,
        "status": prompt.status,
        "at": prompt.at,
        "request": prompt.request,
        "answer": prompt.answer,
        "num_redacted": prompt.num_redacted,
    }
