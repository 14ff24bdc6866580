"""The Anthropic Messages API."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.attached_contexts import with_contexts
from agent_memory.api.call import Call
from agent_memory.api.counting import counted
from agent_memory.api.json_answer import json_answer
from agent_memory.api.memory_tool import declares_memory_tool, with_memory_tool
from agent_memory.api.openapi import answers, takes
from agent_memory.api.passing import passing_turn, streams
from agent_memory.api.schemas.anthropic import CountTokensBody, MessagesBody
from agent_memory.api.translators.cache_diagnostics import Comparison, compared
from agent_memory.api.translators.ignored import ignored_of_messages
from agent_memory.api.translators.memory_words import with_memory_header
from agent_memory.api.translators.message_threads import continued_turn, in_thread
from agent_memory.api.translators.messages_renderer import MessagesRenderer
from agent_memory.api.translators.messages_request import count_turn, messages_turn
from agent_memory.api.turn_response import TurnResponse
from agent_memory.errors import TurnNotFound
from agent_memory.ids import SessionId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.models import EstimatedCount
from agent_memory.turns.request import TurnRequest

router = APIRouter(tags=["Anthropic"])

COUNT_HEADER = "X-Token-Count"
"""Says `estimated` where nobody has counted."""

_QUESTION = {
    "model": "local",
    "system": "You are terse.",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
_ANSWER = {
    "id": "msg_5e0c",
    "type": "message",
    "role": "assistant",
    "model": "local",
    "content": [{"type": "text", "text": "Paris."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 9,
        "cache_read_input_tokens": 512,
        "cache_creation_input_tokens": 0,
        "output_tokens": 3,
    },
}
_STREAM = (
    'event: message_start\ndata: {"type":"message_start","message":{}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    '"delta":{"type":"text_delta","text":"Paris."}}\n\n'
)


@router.post(
    "/v1/messages",
    summary="Create a message",
    openapi_extra=takes(MessagesBody, {**_QUESTION, "max_tokens": 256}),
    responses=answers("The message, whole or as events.", _ANSWER, stream=_STREAM),
)
async def create_message(request: Request) -> Response:
    """One turn of the session that the request names, or that its history belongs to."""
    call = await Call.open(request, Scope.INFERENCE)
    if (passed := await passing_turn(call)) is not None:
        return TurnResponse(call, [passed], MessagesRenderer(passed.model), stream=streams(passed))
    sent = await call.read_turn(MessagesBody)
    body, thread = in_thread(sent, await _before(call, sent))
    turn = messages_turn(body, call.turn(_session(call, body)), call.surface.limits, thread)
    turn = with_memory_header(turn, body.memory, request.headers, call.principal.memory)
    call.require_memory(turn)
    turn = await with_contexts(call, turn, body.contexts)
    turn = await call.as_sent(turn)
    is_declared = declares_memory_tool(body.tools)
    turn = with_memory_tool(call, turn, body.memory_tool, is_declared=is_declared)
    turn, comparison = await _compared(call, body, turn)
    edits_asked = bool(body.context_management and body.context_management.edits)
    renderer = MessagesRenderer(body.model, edits_asked=edits_asked, comparison=comparison)
    ignored = ignored_of_messages(sent, call.route)
    return TurnResponse(call, [turn], renderer, stream=bool(body.stream), ignored=ignored)


@router.post(
    "/v1/messages/count_tokens",
    summary="Count the tokens of a prompt",
    openapi_extra=takes(CountTokensBody, _QUESTION),
    responses=answers("The count that generation would use.", {"input_tokens": 21}),
)
async def count_tokens(request: Request) -> Response:
    """Tokens of the prompt, exactly as a turn would use it."""
    call = await Call.open(request, Scope.INFERENCE)
    if (passed := await passing_turn(call)) is not None:
        return await _counted(call, passed)
    body = await call.read_turn(CountTokensBody)
    turn = count_turn(body, call.turn(_session(call, body)))
    turn = with_memory_header(turn, body.memory, request.headers, call.principal.memory)
    call.require_memory(turn)
    turn = await with_contexts(call, turn, body.contexts)
    turn = await call.as_sent(turn)
    is_declared = declares_memory_tool(body.tools)
    turn = with_memory_tool(call, turn, body.memory_tool, is_declared=is_declared)
    return await _counted(call, turn)


async def _counted(call: Call, turn: TurnRequest) -> Response:
    num_tokens, headers = await counted(call, turn)
    response = json_answer({"input_tokens": num_tokens}, headers=headers)
    if isinstance(num_tokens, EstimatedCount):
        response.headers[COUNT_HEADER] = "estimated"
    return response


async def _compared(
    call: Call, body: MessagesBody, turn: TurnRequest
) -> tuple[TurnRequest, Comparison | None]:
    """The turn, to be compared with the answer that the client names for that, if it names one."""
    name = body.diagnostics.previous_message_id if body.diagnostics else None
    if name is None:
        return turn, None
    param = "diagnostics.previous_message_id"
    return await compared(turn, name, call.surface.runtime.named_turns, param)


async def _before(call: Call, body: MessagesBody) -> AnsweredTurn | None:
    """The turn that the request continues, if it continues one by its id."""
    if (turn_id := continued_turn(body)) is None:
        return None
    turn = await call.surface.runtime.named_turns.find(call.workspace, turn_id)
    if turn is None:
        raise TurnNotFound(turn_id)
    return turn


def _session(call: Call, body: CountTokensBody) -> SessionId | None:
    return call.session(body.session_id, body.metadata.user_id if body.metadata else None)
