"""The models that are served, in OpenAI's form, or in Anthropic's for its clients."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.dialect import Dialect, dialect_of
from agent_memory.api.openapi import answers
from agent_memory.errors import NotFound
from agent_memory.turns.models import ModelCard

router = APIRouter(tags=["Models"])

_MODEL = {
    "id": "tiny",
    "object": "model",
    "created": 1767225600,
    "owned_by": "local",
    "context_window": 8192,
    "capabilities": {"tools": True, "thinking": False},
    "parameters": 1_000_000,
}


@router.get(
    "/v1/models",
    summary="List the models",
    responses=answers("The models served.", {"object": "list", "data": [_MODEL]}),
)
async def list_models(request: Request) -> Response:
    """Whatever model a request names, the first of these answers it."""
    call = await Call.open(request, Scope.INFERENCE)
    cards = await call.surface.catalogue.models()
    if not _is_anthropic(request):
        return JSONResponse({"object": "list", "data": [_openai_model(card) for card in cards]})
    return JSONResponse(
        {
            "data": [_anthropic_model(card) for card in cards],
            "has_more": False,
            "first_id": cards[0].id if cards else None,
            "last_id": cards[-1].id if cards else None,
        }
    )


@router.get(
    "/v1/models/{id:path}",
    summary="Describe one model",
    responses=answers("The model.", _MODEL),
)
async def get_model(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """One model by its id, slashes included."""
    call = await Call.open(request, Scope.INFERENCE)
    for card in await call.surface.catalogue.models():
        if card.id == id:
            is_anthropic = _is_anthropic(request)
            return JSONResponse(_anthropic_model(card) if is_anthropic else _openai_model(card))
    raise NotFound("model", id)


def _is_anthropic(request: Request) -> bool:
    return dialect_of(request.url.path, request.headers) is Dialect.ANTHROPIC


def _openai_model(card: ModelCard) -> dict[str, object]:
    return {
        "id": card.id,
        "object": "model",
        "created": card.created,
        "owned_by": card.owned_by,
        "context_window": card.context_window,
        "capabilities": {"tools": card.has_tools, "thinking": card.has_thinking},
        "parameters": card.parameters,
    }


def _anthropic_model(card: ModelCard) -> dict[str, object]:
    return {
        "type": "model",
        "id": card.id,
        "display_name": card.id,
        "created_at": datetime.fromtimestamp(card.created, UTC).isoformat(),
        "lifecycle": "active",
        "max_input_tokens": card.context_window,
        "max_tokens": card.context_window,
    }
