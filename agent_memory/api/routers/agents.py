"""Agents and their sessions: this product's own surface."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.attached_contexts import with_contexts
from agent_memory.api.call import Call
from agent_memory.api.identity import checked_session_id
from agent_memory.api.json_answer import json_answer
from agent_memory.api.memory_tool import with_memory_tool
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.schemas.agents import AgentTurnBody, CreateAgentBody
from agent_memory.api.translators.agents_renderer import (
    AgentRenderer,
    session_json,
    transcript_json,
)
from agent_memory.api.translators.agents_request import agent_turn
from agent_memory.api.turn_response import TurnResponse

router = APIRouter(prefix="/v1/agents", tags=["Agents"])

AGENT_EXAMPLE = {
    "object": "agent",
    "id": "sess_4b1d",
    "created_at": "2026-01-01T00:00:00+00:00",
    "updated_at": "2026-01-01T00:05:00+00:00",
    "num_turns": 2,
    "num_messages": 4,
    "num_tokens": 531,
    "model": "tiny",
    "title": None,
}
_TURN = {
    "turn_id": "turn_5e0c",
    "session_id": "sess_4b1d",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "Paris."}]},
    "finish_reason": "stop",
    "stop_sequence": None,
    "usage": {"prompt_tokens": 521, "cached_tokens": 512, "completion_tokens": 3},
}
_MESSAGE = {"role": "user", "content": [{"type": "text", "text": "And of Spain?"}]}


@router.post(
    "",
    status_code=201,
    summary="Create an agent",
    openapi_extra=takes(CreateAgentBody, {"session_id": "reviewer-1"}),
    responses=answers("The new, empty session.", AGENT_EXAMPLE, status=201),
)
async def create_agent(request: Request) -> Response:
    """A new session; 409 when one of that id exists."""
    call = await Call.open(request, Scope.INFERENCE)
    body = await call.read(CreateAgentBody)
    named = checked_session_id(body.session_id, "session_id") if body.session_id else None
    create = partial(call.surface.runtime.sessions.create, call.workspace)
    record = await (create(named) if named else call.make_once(create))
    return json_answer(session_json(record), 201)


@router.get(
    "",
    summary="List the agents",
    responses=answers("A page, newest first.", {"data": [AGENT_EXAMPLE], "next_cursor": None}),
)
async def list_agents(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The workspace's sessions, page by page."""
    call = await Call.open(request, Scope.SESSIONS)
    page = await call.surface.runtime.sessions.list(call.workspace, cursor, limit)
    return page_answer(page, session_json)


@router.get(
    "/stats",
    summary="Count agents and the runtime's resources",
    responses=answers("Counts of the workspace.", {"sessions": 12, "live": 3, "busy": 1}),
)
async def agent_stats(request: Request) -> Response:
    """The workspace's sessions; for an operator also the machine's processes, blocks and bytes."""
    call = await Call.open(request, Scope.SESSIONS)
    sessions = call.surface.runtime.sessions
    if not call.principal.has(Scope.OPERATOR):
        return json_answer({"sessions": await sessions.count(call.workspace)})
    return json_answer(dict(await sessions.stats(call.workspace)))


@router.get("/{id}", summary="Describe one agent", responses=answers("The session.", AGENT_EXAMPLE))
async def get_agent(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """One session by its id."""
    call = await Call.open(request, Scope.SESSIONS)
    session = checked_session_id(id, "id")
    return json_answer(
        session_json(await call.surface.runtime.sessions.get(call.workspace, session))
    )


@router.post(
    "/{id}/turns",
    summary="Take a turn",
    openapi_extra=takes(AgentTurnBody, {"message": "And of Spain?", "max_tokens": 64}),
    responses=answers(
        "The turn, whole or as events.",
        _TURN,
        stream='event: text_delta\ndata: {"index":0,"text":"Madrid.","num_tokens":2}\n\n',
    ),
)
async def take_turn(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Only the new messages are sent; the session has the rest."""
    call = await Call.open(request, Scope.INFERENCE)
    body = await call.read(AgentTurnBody)
    session = checked_session_id(id, "id")
    await call.find_route(body.model)
    turn = agent_turn(body, call.turn(session), call.surface.limits)
    turn = await call.as_sent(turn)
    call.require_memory(turn)
    turn = await with_contexts(call, turn, body.contexts)
    turn = with_memory_tool(call, turn, body.memory_tool)
    await call.surface.runtime.sessions.get(call.workspace, session)
    return TurnResponse(call, [turn], AgentRenderer(), stream=body.stream)


@router.get(
    "/{id}/transcript",
    summary="Read the transcript",
    responses=answers(
        "The session and its messages.", {"session": AGENT_EXAMPLE, "messages": [_MESSAGE]}
    ),
)
async def get_transcript(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """The whole conversation, as it is stored."""
    call = await Call.open(request, Scope.SESSIONS)
    session = checked_session_id(id, "id")
    transcript = await call.surface.runtime.sessions.transcript(call.workspace, session)
    return json_answer(transcript_json(transcript))


@router.delete(
    "/{id}",
    summary="Delete an agent",
    responses=answers("It is gone.", {"object": "agent.deleted", "id": "sess_4b1d", "kept": None}),
)
async def delete_agent(
    request: Request,
    id: str,  # noqa: A002  the path's word
    keep: Annotated[Literal["shelf"] | None, Query()] = None,
) -> Response:
    """Forget the session for good; with `keep=shelf` only let go of its live parts."""
    call = await Call.open(request, Scope.SESSIONS)
    session = checked_session_id(id, "id")
    await call.surface.runtime.sessions.delete(call.workspace, session, keep == "shelf")
    return json_answer({"object": "agent.deleted", "id": session, "kept": keep})
