"""Recalling what was remembered."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.memory_examples import (
    EXPANSION,
    PASSAGE,
    PAST_FAILURES,
    RECALLED,
    WORKING_SET,
)
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.memory.recall import PrecheckBody, RecallBody, WorkingSetBody
from agent_memory.api.translators.memory_reading import (
    expansion_json,
    passage_json,
    precheck_json,
    precheck_request,
    working_set_json,
    working_set_request,
)
from agent_memory.api.translators.memory_recall import recall_json, recall_request
from agent_memory.ids import ItemId

router = APIRouter(tags=["Memory"])


@router.post(
    "/v1/recall",
    summary="Recall items that help with a purpose",
    openapi_extra=takes(RecallBody, {"purpose": "Which database?", "token_budget": 512}),
    responses=answers("Scored items within the budget.", RECALLED),
)
async def recall(request: Request) -> Response:
    """Words, windows of neighbouring messages, vectors and shared keys, fused and explained."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(RecallBody)
    memory = call.surface.runtime.memory
    with call.surface.metrics.memory.recalling("recall") as seen:
        result = await memory.recall.recall(call.workspace, recall_request(body))
        seen.note(len(result.found.ranked), is_degraded=result.found.is_degraded)
    return json_answer(recall_json(result, body.token_budget))


@router.post(
    "/v1/workingset",
    summary="Assemble a working set for a purpose",
    openapi_extra=takes(WorkingSetBody, {"purpose": "Fix the login test", "token_budget": 1024}),
    responses=answers("Sections within the budget; the same state gives the same.", WORKING_SET),
)
async def working_set(request: Request) -> Response:
    """Sections for mission, constraints, decisions, tasks, failures and fixes, artifacts, citations
    and questions; empty ones are empty."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(WorkingSetBody)
    memory = call.surface.runtime.memory
    with call.surface.metrics.memory.recalling("workingset") as seen:
        assembled = await memory.working_sets.assemble(call.workspace, working_set_request(body))
        seen.note(len(assembled.entries), is_degraded=assembled.is_degraded)
    return json_answer(working_set_json(assembled, body.token_budget))


@router.post(
    "/v1/recall/precheck",
    summary="List earlier failures near a file, command or test",
    openapi_extra=takes(PrecheckBody, {"file": "src/login.py", "limit": 5}),
    responses=answers("Past failures with the changes that fixed them.", PAST_FAILURES),
)
async def precheck(request: Request) -> Response:
    """Before a file is touched, a command run or a test tried."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(PrecheckBody)
    wanted = precheck_request(body)
    memory = call.surface.runtime.memory
    with call.surface.metrics.memory.recalling("precheck") as seen:
        failures = await memory.precheck.precheck(call.workspace, wanted)
        seen.note(len(failures), is_degraded=False)
    return json_answer(precheck_json(failures))


@router.get(
    "/v1/expand/{id}",
    summary="Read an item with its surroundings",
    responses=answers("The item, its surroundings, links and history.", EXPANSION),
)
async def expand(
    request: Request,
    id: str,  # noqa: A002  the path's word
    lines: Annotated[int, Query(ge=0, le=200)] = 5,
) -> Response:
    """`lines` whole lines of the raw text on either side."""
    call = await Call.open(request, Scope.MEMORY)
    memory = call.surface.runtime.memory
    expansion = await memory.expand.expand(call.workspace, ItemId(id), lines)
    return json_answer(expansion_json(expansion))


@router.get(
    "/v1/expand/{id}/raw",
    summary="Read the raw text of an item",
    responses=answers("The verbatim span and its surroundings.", PASSAGE),
)
async def expand_raw(
    request: Request,
    id: str,  # noqa: A002  the path's word
    chars: Annotated[int, Query(ge=0, le=100_000)] = 500,
) -> Response:
    """`chars` characters on either side."""
    call = await Call.open(request, Scope.MEMORY)
    passage = await call.surface.runtime.memory.expand.raw(call.workspace, ItemId(id), chars)
    return json_answer(passage_json(passage))
