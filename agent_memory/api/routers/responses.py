"""The OpenAI Responses API."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, WebSocket
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from agent_memory.access.principal import Scope
from agent_memory.api.attached_contexts import with_contexts
from agent_memory.api.background import BackgroundRun
from agent_memory.api.call import Call
from agent_memory.api.compaction import compacted
from agent_memory.api.counting import counted
from agent_memory.api.disconnect import unless_gone
from agent_memory.api.item_pages import item_page
from agent_memory.api.json_answer import json_answer
from agent_memory.api.memory_tool import with_memory_tool
from agent_memory.api.metered_turn import MeteredTurn
from agent_memory.api.openapi import answers, takes
from agent_memory.api.response_reading import reading_of
from agent_memory.api.schemas.responses import CompactBody, InputTokensBody, ResponsesBody
from agent_memory.api.translators.cache_diagnostics import Comparison, compared
from agent_memory.api.translators.memory_words import with_memory_header
from agent_memory.api.translators.responses.output_items import ItemWriter
from agent_memory.api.translators.responses.renderer import ResponsesRenderer
from agent_memory.api.translators.responses.request import (
    ENCRYPTED,
    Asked,
    read_prompt,
    read_request,
)
from agent_memory.api.translators.responses.response_object import ResponseHead
from agent_memory.api.translators.responses.stored import stored_input, stored_response
from agent_memory.api.turn_response import TurnResponse
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import TurnId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.names import response_id, turn_of
from agent_memory.turns.request import TurnRequest

router = APIRouter(tags=["OpenAI"])

_QUESTION = {"model": "local", "input": "What is the capital of France?"}
_RESPONSE = {
    "id": "resp_5e0c",
    "object": "response",
    "created_at": 1767225600,
    "status": "completed",
    "model": "local",
    "output": [
        {
            "id": "msg_5e0c_0",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Paris.", "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 521, "output_tokens": 3, "total_tokens": 524},
}
_STREAM = (
    'event: response.created\ndata: {"type":"response.created","sequence_number":0}\n\n'
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
    '"sequence_number":4,"delta":"Paris."}\n\n'
)
_COMPACTION = {
    "id": "resp_5e0d",
    "object": "response.compaction",
    "created_at": 1767225600,
    "output": [{"type": "compaction", "id": "cmp_5e0d", "encrypted_content": "am1.…"}],
    "usage": {"input_tokens": 521, "output_tokens": 80, "total_tokens": 601},
}
_ITEMS = {"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False}
_UPGRADE = {"Connection": "Upgrade", "Upgrade": "HTTP/1.1"}


@router.post(
    "/v1/responses",
    summary="Create a response",
    openapi_extra=takes(ResponsesBody, _QUESTION),
    responses=answers("The response, whole or as events.", _RESPONSE, stream=_STREAM),
)
async def create_response(request: Request) -> Response:
    """One turn: of the conversation, after the response that is named, or a new one."""
    call = await Call.open(request, Scope.INFERENCE)
    body = await call.read_turn(ResponsesBody)
    asked = read_request(body, await reading_of(call, body))
    turn = with_memory_header(asked.turn, body.memory, request.headers, call.principal.memory)
    call.require_memory(turn)
    turn = await with_contexts(call, turn, body.contexts)
    turn = with_memory_tool(call, await call.as_sent(turn), body.memory_tool)
    turn, comparison = await _compared(call, body, turn)
    renderer = await _renderer(call, body, asked, comparison)
    if body.background:
        return await _in_background(call, turn, renderer, stream=bool(body.stream))
    stream = bool(body.stream)
    return TurnResponse(call, [turn], renderer, stream=stream, ignored=body.ignored)


@router.post(
    "/v1/responses/input_tokens",
    summary="Count the tokens of an input",
    openapi_extra=takes(InputTokensBody, _QUESTION),
    responses=answers(
        "The count that a response would use.",
        {"object": "response.input_tokens", "input_tokens": 21},
    ),
)
async def count_input_tokens(request: Request) -> Response:
    """Tokens of the prompt, exactly as a response would use it."""
    call = await Call.open(request, Scope.INFERENCE)
    body = await call.read_turn(InputTokensBody)
    turn = read_prompt(body, await reading_of(call, body)).turn
    turn = with_memory_header(turn, body.memory, request.headers, call.principal.memory)
    call.require_memory(turn)
    turn = await with_contexts(call, turn, body.contexts)
    turn = with_memory_tool(call, await call.as_sent(turn), body.memory_tool)
    num_tokens, headers = await counted(call, turn)
    return json_answer(
        {"object": "response.input_tokens", "input_tokens": num_tokens}, headers=headers
    )


@router.post(
    "/v1/responses/compact",
    summary="Compact a conversation",
    openapi_extra=takes(CompactBody, {"model": "local", "previous_response_id": "resp_5e0c"}),
    responses=answers("What to go on with in its place.", _COMPACTION),
)
async def compact_conversation(request: Request) -> Response:
    """The model sums it up. The items of `output` are the input to go on with."""
    call = await Call.open(request, Scope.INFERENCE)
    body = await call.read_turn(CompactBody)
    reading = await reading_of(call, body)
    return json_answer(await unless_gone(request.receive, compacted(call, body, reading)))


@router.get("/v1/responses", include_in_schema=False)
async def refuse_upgrade(request: Request) -> Response:
    """A client that asks for a WebSocket goes on with POST."""
    if request.headers.get("upgrade") is None:
        raise HTTPException(405, "Method Not Allowed", {"Allow": "POST"})
    raise HTTPException(426, "There are no WebSockets here: send the request by POST.", _UPGRADE)


@router.websocket("/v1/responses")
async def refuse_websocket(websocket: WebSocket) -> None:
    """The same of a handshake."""
    await websocket.send_denial_response(Response(status_code=426, headers=_UPGRADE))


@router.get(
    "/v1/responses/{id}",
    summary="Read a response",
    responses=answers("The response.", _RESPONSE, stream=_STREAM),
)
async def get_response(
    request: Request,
    id: str,  # noqa: A002  the path's word
    stream: bool = False,
    starting_after: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """As it stands. With `stream`, the events of one that was made in the background, those after
    `starting_after` and those to come."""
    call = await Call.open(request, Scope.SESSIONS)
    run = _run(call, id)
    if stream:
        if run is None:
            await _find(call, id)
            raise InvalidRequest(
                "Only a response that was made in the background has events to resume.", "stream"
            )
        return _stream(call, run, -1 if starting_after is None else starting_after)
    if run is not None:
        return json_answer(dict(run.renderer.response))
    return json_answer(dict(stored_response(await _find(call, id))))


@router.delete(
    "/v1/responses/{id}",
    summary="Delete a response",
    responses=answers("It is gone.", {"id": "resp_5e0c", "object": "response", "deleted": True}),
)
async def delete_response(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Nothing is told of it any more. The only one of its session goes with the session and its KV;
    of others the words stay where later turns stand on them."""
    call = await Call.open(request, Scope.SESSIONS)
    if (run := _run(call, id)) is not None:
        await run.cancel()
        call.surface.background.forget(call.workspace, _turn_id(id))
        if run.renderer.response["status"] in {"cancelled", "failed"}:
            return json_answer({"id": id, "object": "response", "deleted": True})
    turn = await _find(call, id)
    runtime = call.surface.runtime
    session = await runtime.sessions.get(call.workspace, turn.session_id)
    if session.num_turns == 1:
        await runtime.sessions.delete(call.workspace, turn.session_id, keep_shelf=False)
    else:
        await runtime.named_turns.withdraw(call.workspace, turn.turn_id)
    return json_answer({"id": id, "object": "response", "deleted": True})


@router.post(
    "/v1/responses/{id}/cancel",
    summary="Cancel a response",
    responses=answers("The response.", {**_RESPONSE, "status": "cancelled", "output": []}),
)
async def cancel_response(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """One that is being made in the background. One that has ended stays as it is."""
    call = await Call.open(request, Scope.INFERENCE)
    if (run := _run(call, id)) is not None:
        await run.cancel()
        return json_answer(dict(run.renderer.response))
    response = stored_response(await _find(call, id))
    if not response["background"]:
        raise InvalidRequest("Only a response in the background can be cancelled.", "id")
    return json_answer(dict(response))


@router.get(
    "/v1/responses/{id}/input_items",
    summary="List the input of a response",
    responses=answers("A page, newest first unless told otherwise.", _ITEMS),
)
async def list_input_items(
    request: Request,
    id: str,  # noqa: A002  the path's word
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
    after: Annotated[str | None, Query(max_length=256)] = None,
) -> Response:
    """What the request said, without its instructions."""
    call = await Call.open(request, Scope.SESSIONS)
    turn = await _find(call, id)
    read = await call.surface.runtime.named_turns.messages_after(call.workspace, turn.turn_id)
    return json_answer(item_page(stored_input(turn, read), order, after, limit))


async def _compared(
    call: Call, body: ResponsesBody, turn: TurnRequest
) -> tuple[TurnRequest, Comparison | None]:
    """The turn, to be compared with the response that the client names for that, if it does."""
    options = body.prompt_cache_options
    name = options.comparison_response_id if options else None
    if name is None:
        return turn, None
    param = "prompt_cache_options.comparison_response_id"
    return await compared(turn, name, call.surface.runtime.named_turns, param)


async def _renderer(
    call: Call, body: ResponsesBody, asked: Asked, comparison: Comparison | None
) -> ResponsesRenderer:
    turn_id = asked.turn.turn_id
    model = body.model or await call.surface.catalogue.served() or ""
    seal = call.surface.runtime.seal if ENCRYPTED in (body.include or ()) else None
    return ResponsesRenderer(
        turn_id,
        ResponseHead(response_id(turn_id), model, asked.kept.fields),
        ItemWriter(asked.toolset.words, seal, call.workspace),
        call.surface.clock,
        is_prewarm=body.is_prewarm,
        is_queued=bool(body.background),
        comparison=comparison,
    )


async def _in_background(
    call: Call, turn: TurnRequest, renderer: ResponsesRenderer, *, stream: bool
) -> Response:
    runs, headers = call.surface.background, {}
    run = runs.find(call.workspace, turn.turn_id)
    if run is None:
        metered = MeteredTurn(call, turn, renderer.surface)
        headers = await metered.admit()
        run = runs.start(call.workspace, turn.turn_id, renderer, metered.events())
    response = _stream(call, run, -1) if stream else json_answer(dict(run.renderer.response))
    response.headers.update(headers)
    return response


def _stream(call: Call, run: BackgroundRun, after: int) -> Response:
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    events = run.follow(after, call.surface.limits.ping_interval_s)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _turn_id(id_: str) -> TurnId:
    turn_id = turn_of(id_)
    if turn_id is None:
        raise NotFound("response", id_)
    return turn_id


def _run(call: Call, id_: str) -> BackgroundRun | None:
    return call.surface.background.find(call.workspace, _turn_id(id_))


async def _find(call: Call, id_: str) -> AnsweredTurn:
    found = await call.surface.runtime.named_turns.find(call.workspace, _turn_id(id_))
    if found is None:
        raise NotFound("response", id_)
    return found
