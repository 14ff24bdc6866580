"""The feed of changes: a WebSocket, server-sent events, and tickets for browsers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, WebSocket
from starlette.responses import Response

from agent_memory.access.principal import Principal, Scope
from agent_memory.api.access_line import access_line
from agent_memory.api.call import Call, sent_key
from agent_memory.api.contexts.shown import read_json
from agent_memory.api.feed.connections import TooManyConnections
from agent_memory.api.feed.event_stream import FeedStream
from agent_memory.api.feed.finding import feed_of
from agent_memory.api.feed.handshake import Handshake, check_origin
from agent_memory.api.feed.ports import GetContext
from agent_memory.api.feed.runtime import ContextFeed
from agent_memory.api.feed.socket import TRY_AGAIN, FeedSocket
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers
from agent_memory.api.surface import Surface, surface_of
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.feed.tickets import LIFETIME_S
from agent_memory.contexts.key import check_key
from agent_memory.errors import InvalidRequest

router = APIRouter(tags=["Contexts"])

_EVENTS = """\
id: 41
event: context-updated
data: {"key":"plan","version":7,"timestamp":"2026-01-01T12:00:00+00:00","sequence":41,…}

"""


@router.websocket("/v1/contexts/ws")
async def read_feed(socket: WebSocket) -> None:
    """See docs/contexts.md for the messages. Refused before it is accepted, with an HTTP status,
    unless the client may read."""
    surface = surface_of(socket)
    feed = feed_of(surface)
    handshake = Handshake.of(socket)
    check_origin(socket.headers, feed.origins)
    principal = await _principal(socket, surface, feed, handshake)
    line = access_line(socket)
    line.key_id, line.workspace_id = principal.key_id, principal.workspace_id
    principal.require(Scope.CONTEXTS)
    try:
        with feed.connections.admitted(principal) as connection:
            async with feed.feed.listening(principal.workspace_id) as listener:
                await socket.accept(handshake.protocol)
                get_context = _reading(surface, principal)
                await FeedSocket(socket, feed.feed, listener, connection, get_context).run()
    except TooManyConnections as error:
        await socket.accept(handshake.protocol)
        await socket.close(TRY_AGAIN, str(error))


@router.post(
    "/v1/contexts/ws/tickets",
    status_code=201,
    summary="Get a ticket for one WebSocket",
    responses=answers(
        "It admits one connection, once.",
        {"ticket": "amt_5f0c…", "expires_in_s": LIFETIME_S},
        status=201,
    ),
)
async def issue_ticket(request: Request) -> Response:
    """For pages: a browser sends no headers with a WebSocket, and a key must not stand in a URL."""
    call = await Call.open(request, Scope.CONTEXTS)
    ticket = await feed_of(call.surface).readers.issue(call.principal)
    return json_answer({"ticket": ticket, "expires_in_s": LIFETIME_S}, 201)


@router.get(
    "/v1/contexts/changes",
    summary="Hear of changes as server-sent events",
    responses=answers("Events for as long as the client listens.", {}, stream=_EVENTS),
)
async def stream_changes(
    request: Request,
    since: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    key: Annotated[list[str] | None, Query(max_length=1000)] = None,
) -> Response:
    """Changes of `key` (a key, or `team/*`; it may be repeated; by default all) after number
    `since`; without a number, from now on. `Last-Event-ID` counts instead of `since`. An event
    `reset` brings the present state where the number is not kept any more."""
    call = await Call.open(request, Scope.CONTEXTS)
    call.line.stream = True
    feed = feed_of(call.surface)
    return FeedStream(
        feed.feed,
        feed.connections,
        call.principal,
        [KeyPattern.parse(text) for text in key or ["*"]],
        _last_seen(request, since),
        call.surface.limits.ping_interval_s,
    )


def _reading(surface: Surface, principal: Principal) -> GetContext:
    async def get_context(key: str, version: int | None) -> object:
        reader = surface.runtime.contexts.reader
        return read_json(await reader.get(principal.workspace_id, check_key(key), version))

    return get_context


async def _principal(
    socket: WebSocket, surface: Surface, feed: ContextFeed, handshake: Handshake
) -> Principal:
    if handshake.ticket is not None:
        return await feed.readers.take(handshake.ticket)
    key = handshake.key or sent_key(socket.headers)
    return await surface.runtime.keys.authenticate(key)


def _last_seen(request: Request, since: int | None) -> int | None:
    sent = request.headers.get("last-event-id", "")
    if not sent:
        return since
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 18):
        raise InvalidRequest("Last-Event-ID must be the id of an event.", "Last-Event-ID")
    return int(sent)
