"""The OpenAI Chat Completions API."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.attached_contexts import with_contexts
from agent_memory.api.call import Call
from agent_memory.api.memory_tool import with_memory_tool
from agent_memory.api.openapi import answers, takes
from agent_memory.api.passing import passing_turn, streams
from agent_memory.api.schemas.chat import ChatBody
from agent_memory.api.translators.chat_renderer import ChatRenderer
from agent_memory.api.translators.chat_request import chat_turn
from agent_memory.api.translators.ignored import ignored_of_chat
from agent_memory.api.translators.memory_words import with_memory_header
from agent_memory.api.turn_response import TurnResponse

router = APIRouter(tags=["OpenAI"])

_QUESTION = {
    "model": "local",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
_ANSWER = {
    "id": "chatcmpl-5e0c",
    "object": "chat.completion",
    "created": 1767225600,
    "model": "local",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Paris."},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 521,
        "completion_tokens": 3,
        "total_tokens": 524,
        "prompt_tokens_details": {"cached_tokens": 512},
    },
}
_STREAM = 'data: {"object":"chat.completion.chunk","choices":[]}\n\ndata: [DONE]\n\n'


@router.post(
    "/v1/chat/completions",
    summary="Create a chat completion",
    openapi_extra=takes(ChatBody, _QUESTION),
    responses=answers("The completion, whole or in chunks.", _ANSWER, stream=_STREAM),
)
async def create_chat_completion(request: Request) -> Response:
    """One turn of the session that the request names, or that its history belongs to."""
    call = await Call.open(request, Scope.INFERENCE)
    if (passed := await passing_turn(call)) is not None:
        renderer = ChatRenderer(passed.model, int(call.surface.clock()), 1, include_usage=False)
        return TurnResponse(call, [passed], renderer, stream=streams(passed))
    body = await call.read_turn(ChatBody)
    turn = chat_turn(body, call.turn(call.session(body.session_id)), call.surface.limits)
    turn = with_memory_header(turn, body.memory, request.headers, call.principal.memory)
    call.require_memory(turn)
    turn = await with_contexts(call, turn, body.contexts)
    turn = with_memory_tool(call, await call.as_sent(turn), body.memory_tool)
    renderer = ChatRenderer(
        body.model or await call.surface.catalogue.served() or "",
        int(call.surface.clock()),
        turn.sampling.n,
        include_usage=bool(body.stream_options and body.stream_options.include_usage),
    )
    return TurnResponse(
        call,
        [turn],
        renderer,
        stream=bool(body.stream),
        ignored=ignored_of_chat(body, call.route),
    )
