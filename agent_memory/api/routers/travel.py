"""Sessions that fork, are exported and imported."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.identity import checked_session_id
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.routers.agents import AGENT_EXAMPLE
from agent_memory.api.schemas.agents import ForkAgentBody
from agent_memory.api.translators.agents_renderer import arrival_json, session_json
from agent_memory.ids import SessionId
from agent_memory.turns.transcript import SessionRecord

router = APIRouter(prefix="/v1/agents", tags=["Agents"])

ARCHIVE = "application/x-tar"
IMPORT_PATH = "/v1/agents/import"
_CONTENT = {ARCHIVE: {"example": "manifest.json, kv/<64 hex digits>.safetensors, …"}}


@router.post(
    "/{id}/fork",
    status_code=201,
    summary="Fork an agent",
    openapi_extra=takes(ForkAgentBody, {"num_turns": 1, "session_id": "reviewer-2"}),
    responses=answers("The new session.", AGENT_EXAMPLE, status=201),
)
async def fork_agent(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """A new session that begins as this one stood after `num_turns` turns; without it, as it
    stands now. KV is shared, not copied; nothing is computed again."""
    call = await Call.open(request, Scope.SESSIONS)
    body = await call.read(ForkAgentBody)
    session = checked_session_id(id, "id")
    named = _wanted(body.session_id)

    def fork(copy: SessionId | None) -> Awaitable[SessionRecord]:
        return call.surface.runtime.travel.fork(call.workspace, session, copy, body.num_turns)

    record = await (fork(named) if named else call.make_once(fork))
    return json_answer(session_json(record), 201)


@router.get(
    "/{id}/export",
    summary="Export an agent",
    response_class=Response,
    responses={200: {"description": "A tar archive.", "content": _CONTENT}},
)
async def export_agent(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """The session as a tar archive: its transcript, and the KV blocks of its tokens."""
    call = await Call.open(request, Scope.SESSIONS)
    session = checked_session_id(id, "id")
    archive = await call.surface.runtime.travel.export(call.workspace, session)
    headers = {"Content-Disposition": f'attachment; filename="{session}.tar"'}
    return StreamingResponse(archive, media_type=ARCHIVE, headers=headers)


@router.post(
    "/import",
    status_code=201,
    summary="Import an agent",
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
    responses=answers(
        "The new session.", {**AGENT_EXAMPLE, "num_cached_tokens": 531, "note": None}, status=201
    ),
)
async def import_agent(
    request: Request,
    session_id: Annotated[str | None, Query(max_length=128)] = None,
) -> Response:
    """A new session out of an exported one, which is the request's body. Its next turn computes
    only what is new; `note` says so when its KV could not be used."""
    call = await Call.open(request, Scope.SESSIONS)
    arrival = await call.surface.runtime.travel.arrive(
        call.workspace, _wanted(session_id), request.stream()
    )
    return json_answer(arrival_json(arrival), 201)


def _wanted(session_id: str | None) -> SessionId | None:
    return checked_session_id(session_id, "session_id") if session_id else None
