"""Messages of conversations, one by one."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.idempotency import idempotency_key
from agent_memory.api.json_answer import json_answer
from agent_memory.api.memory_examples import ERASED, FOUND_MESSAGES, MESSAGE, MESSAGES
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.memory.messages import (
    MessageBatchBody,
    MessageBody,
    MessageChangeBody,
)
from agent_memory.api.schemas.moments import IsoMoment
from agent_memory.api.translators.memory_messages import (
    erased_json,
    found_json,
    kept_json,
    kept_one_json,
    message_change,
    message_json,
    new_message,
)
from agent_memory.api.translators.memory_search import message_query
from agent_memory.ids import ItemId
from agent_memory.memory.service.messages import Kept

router = APIRouter(prefix="/v1/memory", tags=["Memory"])

_SAID = {"conversation_id": "support-7", "role": "user", "content": "My order never came."}
_QUEUED: dict[int | str, dict[str, Any]] = {
    202: {"description": "Stored; found by words now, by meaning when a job has run."}
}
_MAX_QUERY = 4_000


@router.post(
    "/messages",
    summary="Keep a message",
    openapi_extra=takes(MessageBody, _SAID),
    responses={**answers("Stored, and found by words and meaning.", MESSAGE), **_QUEUED},
)
async def add_message(request: Request) -> Response:
    """A message of a conversation, which is made if need be."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(MessageBody)
    kept = await call.surface.runtime.memory.messages.add(
        call.workspace, [new_message(body)], idempotency_key(request.headers)
    )
    return json_answer(kept_one_json(kept, _now(call)), _status(kept))


@router.post(
    "/messages/batch",
    summary="Keep up to 1,000 messages",
    openapi_extra=takes(MessageBatchBody, {"items": [_SAID]}),
    responses={**answers("Stored, in the order given.", MESSAGES), **_QUEUED},
)
async def add_messages(request: Request) -> Response:
    """All of them or, when one cannot be kept, none."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(MessageBatchBody)
    kept = await call.surface.runtime.memory.messages.add(
        call.workspace,
        [new_message(message) for message in body.items],
        idempotency_key(request.headers),
    )
    return json_answer(kept_json(kept, _now(call)), _status(kept))


@router.get("/messages/{id}", summary="Read a message", responses=answers("The message.", MESSAGE))
async def get_message(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """One message by its id."""
    call = await Call.open(request, Scope.MEMORY)
    message = await call.surface.runtime.memory.messages.get(call.workspace, ItemId(id))
    return json_answer(message_json(message, _now(call)))


@router.put(
    "/messages/{id}",
    summary="Change a message",
    openapi_extra=takes(MessageChangeBody, {"content": "My order came late."}),
    responses={**answers("The message as it is now.", MESSAGE), **_QUEUED},
)
async def change_message(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Named fields are replaced; items derived from the old text are erased."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(MessageChangeBody)
    kept = await call.surface.runtime.memory.messages.change(
        call.workspace, ItemId(id), message_change(body)
    )
    return json_answer(kept_one_json(kept, _now(call)), _status(kept))


@router.delete(
    "/messages/{id}", summary="Erase a message", responses=answers("The erased items.", ERASED)
)
async def erase_message(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """With its raw text, and what was derived from it alone."""
    call = await Call.open(request, Scope.MEMORY)
    erased = await call.surface.runtime.memory.messages.erase(call.workspace, ItemId(id))
    return json_answer(erased_json(erased))


@router.get(
    "/search",
    summary="Search messages",
    responses=answers("Messages with every component of their scores.", FOUND_MESSAGES),
)
async def search_messages(
    request: Request,
    query: Annotated[str, Query(max_length=_MAX_QUERY)] = "",
    conversation_id: Annotated[str | None, Query(max_length=128)] = None,
    top_k: Annotated[int, Query(ge=1, le=100)] = 10,
    importance_min: Annotated[float, Query(ge=0, le=1)] = 0.0,
    role: Annotated[Literal["user", "assistant", "system", "tool"] | None, Query()] = None,
    since: Annotated[IsoMoment | None, Query()] = None,
    until: Annotated[IsoMoment | None, Query()] = None,
    metadata: Annotated[list[str] | None, Query(max_length=16)] = None,
) -> Response:
    """`metadata` is `name:value` and may be repeated: all of them must hold."""
    call = await Call.open(request, Scope.MEMORY)
    wanted = message_query(
        query, top_k, conversation_id, role, importance_min, since, until, metadata or ()
    )
    with call.surface.metrics.memory.recalling("search") as seen:
        found = await call.surface.runtime.memory.messages.search(call.workspace, wanted)
        seen.note(len(found.found), is_degraded=found.is_degraded)
    return json_answer(found_json(found, _now(call)))


def _status(kept: Kept) -> int:
    return 200 if kept.is_embedded else 202


def _now(call: Call) -> datetime:
    return datetime.fromtimestamp(call.surface.clock(), UTC)
