"""What contexts have to do with each other, and how they are used."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.contexts.path_key import path_key
from agent_memory.api.contexts.shown import analytics_json, link_json
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.contexts import RelationshipBody
from agent_memory.contexts.reachable import reachable_key
from agent_memory.errors import InvalidRequest

router = APIRouter(prefix="/v1/contexts", tags=["Contexts"])

_PATH = "/{key:path}/relationships"
_LINK = {
    "from": "team/plan",
    "to": "team/rules",
    "type": "depends_on",
    "strength": 0.8,
    "created_at": "2026-01-01T09:00:00+00:00",
    "created_by": "key_3f9c",
}
_ANALYTICS = {
    "contexts": 12,
    "versions": 40,
    "bytes": 81920,
    "stored_bytes": 20480,
    "encrypted": 1,
    "sessions": 3,
    "agents": 4,
    "reads": 96,
    "hit_rate": 0.98,
    "first_created_at": "2026-01-01T09:00:00+00:00",
    "last_updated_at": "2026-01-02T09:00:00+00:00",
    "most_read": [{"key": "team/plan", "reads": 50}],
    "days": [{"day": "2026-01-02", "reads": 96, "misses": 2, "writes": 40, "deletes": 1}],
}


@router.get(
    "/analytics",
    summary="Tell how contexts are used",
    responses=answers("Counts; days of the last 30.", _ANALYTICS),
)
async def get_analytics(
    request: Request,
    session_id: Annotated[str | None, Query(max_length=128)] = None,
    agent_id: Annotated[str | None, Query(max_length=128)] = None,
) -> Response:
    """Of the whole workspace, or of what bears the id of a session or an agent."""
    call = await Call.open(request, Scope.CONTEXTS)
    analytics = call.surface.runtime.contexts.analytics
    return json_answer(
        analytics_json(await analytics.analyse(call.workspace, session_id, agent_id))
    )


@router.get(
    _PATH,
    summary="List the relationships of a context",
    responses=answers("From it and to it, the strongest first.", {"data": [_LINK]}),
)
async def list_relationships(request: Request, key: str) -> Response:
    """Seen from both ends."""
    call = await Call.open(request, Scope.CONTEXTS)
    relations = call.surface.runtime.contexts.relations
    links = await relations.list(call.workspace, path_key(request, key))
    return json_answer({"data": [link_json(link) for link in links]})


@router.put(
    _PATH,
    summary="Relate a context to another",
    openapi_extra=takes(
        RelationshipBody, {"to": "team/rules", "type": "depends_on", "strength": 0.8}
    ),
    responses=answers("The relationship.", _LINK),
)
async def put_relationship(request: Request, key: str) -> Response:
    """Or give the relationship of this type another strength. It goes with either context."""
    call = await Call.open(request, Scope.CONTEXTS)
    body = await call.read(RelationshipBody)
    link = await call.surface.runtime.contexts.relations.put(
        writer_of(call),
        path_key(request, key),
        reachable_key(body.to, "to"),
        body.type,
        body.strength,
    )
    return json_answer(link_json(link))


@router.delete(
    _PATH,
    summary="End a relationship",
    responses=answers("How many were ended.", {"deleted": 1}),
)
async def delete_relationship(
    request: Request,
    key: str,
    to: Annotated[str | None, Query(max_length=512)] = None,
    type: Annotated[str | None, Query(max_length=128)] = None,  # noqa: A002  the field's word
) -> Response:
    """Those from this context to another one: of one type, or all."""
    call = await Call.open(request, Scope.CONTEXTS)
    if to is None:
        raise InvalidRequest("Name the other context.", "to")
    relations = call.surface.runtime.contexts.relations
    num_deleted = await relations.delete(
        call.workspace, path_key(request, key), reachable_key(to, "to"), type
    )
    return json_answer({"deleted": num_deleted})
