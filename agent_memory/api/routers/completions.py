"""The OpenAI Completions API: text in, text out."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.openapi import answers, takes
from agent_memory.api.passing import passing_turn, streams
from agent_memory.api.schemas.completions import CompletionsBody
from agent_memory.api.translators.completions_renderer import CompletionsRenderer
from agent_memory.api.translators.completions_request import completion_turn, prompts_of
from agent_memory.api.turn_response import TurnResponse

router = APIRouter(tags=["OpenAI"])

_ANSWER = {
    "id": "cmpl-5e0c",
    "object": "text_completion",
    "created": 1767225600,
    "model": "local",
    "choices": [{"index": 0, "text": " Paris", "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 6, "completion_tokens": 1, "total_tokens": 7},
}
_STREAM = 'data: {"object":"text_completion","choices":[]}\n\ndata: [DONE]\n\n'


@router.post(
    "/v1/completions",
    summary="Complete a text",
    openapi_extra=takes(
        CompletionsBody, {"model": "local", "prompt": "The capital of France is", "max_tokens": 8}
    ),
    responses=answers("The completion, whole or in chunks.", _ANSWER, stream=_STREAM),
)
async def create_completion(request: Request) -> Response:
    """One turn per prompt, side by side."""
    call = await Call.open(request, Scope.INFERENCE)
    if (passed := await passing_turn(call)) is not None:
        now = int(call.surface.clock())
        plain = CompletionsRenderer(passed.turn_id, passed.model, now, 1, include_usage=False)
        return TurnResponse(call, [passed], plain, stream=streams(passed))
    body = await call.read_turn(CompletionsBody)
    session = call.session(body.session_id)
    limits = call.surface.limits
    turns = [
        await call.as_sent(completion_turn(body, prompt, call.turn(session), limits))
        for prompt in prompts_of(body, session, limits)
    ]
    renderer = CompletionsRenderer(
        turns[0].turn_id,
        body.model or await call.surface.catalogue.served() or "",
        int(call.surface.clock()),
        turns[0].sampling.n,
        include_usage=bool(body.stream_options and body.stream_options.include_usage),
        echoes=[str(turn.raw_prompt) for turn in turns] if body.echo else (),
    )
    return TurnResponse(call, turns, renderer, stream=bool(body.stream), ignored=body.ignored)
