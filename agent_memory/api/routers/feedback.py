"""Verdicts on what was recalled, and the weights that are learned from them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.idempotency import idempotency_key
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.schemas.memory.feedback import FeedbackBody, RollBackBody
from agent_memory.api.translators.memory_feedback import (
    feedback_json,
    given_feedback,
    weights_json,
)

router = APIRouter(prefix="/v1/feedback", tags=["Memory"])

_GIVEN = {
    "id": "fb_01",
    "item_id": "item_5e0c",
    "verdict": "helpful",
    "recall_id": "recall_01",
    "other_id": None,
    "created_at": "2026-01-01T09:00:00+00:00",
    "withdrawn_at": None,
}
_WEIGHTS = {
    "live_version": 1,
    "data": [
        {
            "version": 1,
            "is_live": True,
            "weights": {"recency": 0.2},
            "evaluation": {"ndcg_before": 0.58, "ndcg_after": 0.61},
            "created_at": "2026-01-01T09:00:00+00:00",
        }
    ],
}


@router.post(
    "",
    summary="Give feedback on recalled items",
    openapi_extra=takes(FeedbackBody, {"verdict": "helpful", "item_ids": ["item_5e0c"]}),
    responses=answers("The verdicts, one an item.", {"data": [_GIVEN]}),
)
async def give_feedback(request: Request) -> Response:
    """Ranks what it is about higher or lower, within bounds; `withdraw` takes it back."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(FeedbackBody)
    given = await call.surface.runtime.memory.feedback.give(
        call.workspace, given_feedback(body), idempotency_key(request.headers)
    )
    return json_answer({"data": [feedback_json(one) for one in given]})


@router.get(
    "",
    summary="List the feedback",
    responses=answers("A page, the oldest first.", {"data": [_GIVEN], "next_cursor": None}),
)
async def list_feedback(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What was said of items, withdrawn verdicts too."""
    call = await Call.open(request, Scope.MEMORY)
    book = call.surface.runtime.memory.feedback
    return page_answer(await book.list(call.workspace, cursor, limit), feedback_json)


@router.get(
    "/weights",
    summary="List the weights of ranking",
    responses=answers("All versions, the newest first.", _WEIGHTS),
)
async def list_weights(request: Request) -> Response:
    """The learned versions, what was measured of them, and which one ranks."""
    call = await Call.open(request, Scope.MEMORY)
    return json_answer(
        weights_json(await call.surface.runtime.memory.feedback.weights(call.workspace))
    )


@router.post(
    "/weights/rollback",
    summary="Rank by another version of the weights",
    openapi_extra=takes(RollBackBody, {"version": 0}),
    responses=answers("All versions, the newest first.", _WEIGHTS),
)
async def roll_back(request: Request) -> Response:
    """An older one, or a newer one again; 0 are the default weights."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(RollBackBody)
    book = call.surface.runtime.memory.feedback
    return json_answer(weights_json(await book.roll_back(call.workspace, body.version)))


@router.delete(
    "/{id}",
    summary="Withdraw feedback",
    responses=answers(
        "The verdict, withdrawn.", {**_GIVEN, "withdrawn_at": "2026-01-02T09:00:00+00:00"}
    ),
)
async def withdraw_feedback(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """As if it had never been given."""
    call = await Call.open(request, Scope.MEMORY)
    return json_answer(
        feedback_json(await call.surface.runtime.memory.feedback.withdraw(call.workspace, id))
    )
