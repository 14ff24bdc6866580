"""How long the contexts of a workspace live, and how many versions are kept."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.context_examples import POLICY
from agent_memory.api.contexts.options import kept_versions
from agent_memory.api.contexts.shown import policy_json
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.contexts import ContextPolicyBody, ResealBody
from agent_memory.contexts.policy import DEFAULT_KEPT_VERSIONS, ContextPolicy

router = APIRouter(prefix="/v1/contexts", tags=["Contexts"])

_RESEALED = {"resealed": 12, "has_more": False}


@router.get("/policy", summary="Read the policy", responses=answers("The policy.", POLICY))
async def get_policy(request: Request) -> Response:
    """What holds where a writer does not say."""
    call = await Call.open(request, Scope.CONTEXTS)
    policies = call.surface.runtime.contexts.policies
    return json_answer(policy_json(await policies.get_policy(call.workspace)))


@router.post(
    "/reseal",
    summary="Encrypt contexts again with the first key",
    openapi_extra=takes(ResealBody, {"limit": 100}),
    responses=answers("How many were, and whether there may be more.", _RESEALED),
)
async def reseal_contexts(request: Request) -> Response:
    """Versions that another key of `AGENT_MEMORY_CONTEXT_KEYS` encrypts, some at a time, while
    everybody reads and writes: once none is left, that key is needed no more."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(ResealBody)
    upkeep = call.surface.runtime.contexts.upkeep
    num_resealed = await upkeep.reseal(call.workspace, body.limit)
    return json_answer({"resealed": num_resealed, "has_more": num_resealed == body.limit})


@router.put(
    "/policy",
    summary="Set the policy",
    openapi_extra=takes(ContextPolicyBody, POLICY),
    responses=answers("The policy.", POLICY),
)
async def set_policy(request: Request) -> Response:
    """It holds for what is written from now on."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(ContextPolicyBody)
    kept = kept_versions(body.keep_versions)
    policy = ContextPolicy(
        body.default_ttl_s, body.longest_ttl_s, DEFAULT_KEPT_VERSIONS if kept is None else kept
    )
    await call.surface.runtime.contexts.policies.set_policy(
        call.workspace, policy, call.principal.key_id
    )
    return json_answer(policy_json(policy))
