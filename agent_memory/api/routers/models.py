"""The models that are served, in OpenAI's form, or in Anthropic's for its clients."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.dialect import Dialect, dialect_of
from agent_memory.api.json_answer import json_answer
from agent_memory.api.metering import LOCAL
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.models import LoadModelBody, OffloadModelBody
from agent_memory.api.translators.codex_catalogue import codex_model
from agent_memory.errors import NotFound
from agent_memory.gateway.shown_price import shown_price
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.turns.models import ModelCard, ModelPrices

router = APIRouter(tags=["Models"])

_MODEL = {
    "id": "tiny",
    "object": "model",
    "type": "chat",
    "created": 1767225600,
    "owned_by": "local",
    "context_window": 8192,
    "capabilities": {"tools": True, "thinking": False},
    "parameters": 1_000_000,
    "state": "loaded",
    "error": None,
    "format": {"weights": "float32", "kv": "float32", "bytes": 4_000_000},
}
_OFFLOADED = {
    **_MODEL,
    "parameters": None,
    "state": "offloaded",
    "format": {"weights": "float32", "kv": None, "bytes": 4_000_000},
}
_EMBEDDING_MODEL = {
    "id": "all-MiniLM-L6-v2",
    "object": "model",
    "type": "embedding",
    "created": 0,
    "owned_by": "minilm",
    "capabilities": {"tools": False, "thinking": False},
    "dimensions": 384,
}


@router.get(
    "/v1/models",
    summary="List the models",
    responses=answers(
        "The models of this server.", {"object": "list", "data": [_MODEL, _EMBEDDING_MODEL]}
    ),
)
async def list_models(
    request: Request,
    client_version: Annotated[str | None, Query(max_length=64)] = None,
    provider: Annotated[str | None, Query(max_length=64)] = None,
    search: Annotated[str | None, Query(max_length=256)] = None,
    capability: Annotated[Literal["tools", "thinking", "image"] | None, Query()] = None,
    min_context: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Those that the key may use, the loaded one first; as long as there is no provider, it answers
    also requests that name none of these. Then aliases and the models of providers. Last, except
    for Anthropic's clients, the one that embeds."""
    call = await Call.open(request, Scope.INFERENCE)
    cards = await _usable_cards(call)
    if provider is not None:
        cards = [card for card in cards if card.owned_by == provider]
    if search is not None:
        cards = [card for card in cards if search.lower() in card.id.lower()]
    if capability is not None:
        cards = [card for card in cards if _has(card, capability)]
    if min_context is not None:
        cards = [card for card in cards if (card.context_window or 0) >= min_context]
    if not _is_anthropic(request):
        is_whole = not (provider or search or capability or min_context)
        spaces = _embedding_spaces(call) if is_whole else []
        data = [*map(_openai_model, cards), *map(_embedding_model, spaces)]
        codex = {} if client_version is None else {"models": _codex_models(cards)}
        return json_answer({"object": "list", "data": data, **codex})
    return json_answer(
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
    """One model by its id, slashes included; 404 also for one that the key may not use."""
    call = await Call.open(request, Scope.INFERENCE)
    for card in await _usable_cards(call):
        if card.id == id:
            is_anthropic = _is_anthropic(request)
            return json_answer(_anthropic_model(card) if is_anthropic else _openai_model(card))
    for space in _embedding_spaces(call):
        if space.model == id and not _is_anthropic(request):
            return json_answer(_embedding_model(space))
    raise NotFound("model", id)


@router.post(
    "/v1/models/load",
    summary="Load a model in place of the loaded one",
    openapi_extra=takes(LoadModelBody, {"model": "mlx-community/gemma-3-12b-it-4bit"}),
    responses=answers("The model, loaded.", _MODEL),
)
async def load_model(request: Request) -> Response:
    """Turns that run have `grace_s` seconds to end; those that come meanwhile wait. When the model
    cannot be loaded the former one serves, and 409 says why."""
    call = await Call.open(request, Scope.OPERATOR)
    body = await call.read(LoadModelBody)
    card = await call.surface.runtime.models.load(body.model, body.grace_s)
    await call.surface.catalogue.fresh()
    return json_answer(_openai_model(card))


@router.post(
    "/v1/models/{id:path}/offload",
    summary="Offload a model",
    openapi_extra=takes(OffloadModelBody, {"grace_s": 20}, is_required=False),
    responses=answers("The model, offloaded.", _OFFLOADED),
)
async def offload_model(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Its memory is free until a model is loaded; sessions and the KV on disk stay. Turns are
    answered with 503 meanwhile."""
    call = await Call.open(request, Scope.OPERATOR)
    has_body = bool(await request.body())
    body = await call.read(OffloadModelBody) if has_body else OffloadModelBody()
    card = await call.surface.runtime.models.offload(id, body.grace_s)
    await call.surface.catalogue.fresh()
    return json_answer(_openai_model(card))


async def _usable_cards(call: Call) -> list[ModelCard]:
    """The cards of the models that the key may use, with the prices that operators have set for
    those of this machine."""
    bounds, prices = call.principal.bounds, call.surface.runtime.prices
    now = datetime.fromtimestamp(call.surface.clock(), UTC)
    cards = [
        card
        for card in await call.surface.catalogue.fresh()
        if bounds.may_use(card.id, *card.targets)
    ]
    if prices is None:
        return cards
    return [
        card
        if card.state == "available"
        else replace(card, prices=shown_price(prices.price(LOCAL, card.id, now)))
        for card in cards
    ]


def _has(card: ModelCard, capability: str) -> bool:
    match capability:
        case "tools":
            return bool(card.has_tools)
        case "thinking":
            return bool(card.has_thinking)
        case _:
            return capability in card.modalities


def _is_anthropic(request: Request) -> bool:
    return dialect_of(request.url.path, request.headers) is Dialect.ANTHROPIC


def _codex_models(cards: Sequence[ModelCard]) -> list[Mapping[str, object]]:
    """Codex asks with its version, and reads this field alone."""
    return [codex_model(card, at) for at, card in enumerate(cards)]


def _openai_model(card: ModelCard) -> dict[str, object]:
    return {
        "id": card.id,
        "object": "model",
        "type": "chat",
        "created": card.created,
        "owned_by": card.owned_by,
        "context_window": card.context_window,
        "capabilities": {"tools": card.has_tools, "thinking": card.has_thinking},
        "parameters": card.parameters,
        "state": card.state,
        "error": card.reason,
        "format": {
            "weights": card.weight_format,
            "kv": card.kv_format,
            "bytes": card.num_bytes,
        },
        **({} if card.prices is None else {"pricing": _pricing(card.prices)}),
        **_far_fields(card),
    }


def _pricing(prices: ModelPrices) -> dict[str, str]:
    return {
        "prompt": prices.prompt,
        "completion": prices.completion,
        "input_cache_read": prices.input_cache_read,
        "input_cache_write": prices.input_cache_write,
    }


def _far_fields(card: ModelCard) -> dict[str, object]:
    """What is said of models of other providers besides, and of aliases."""
    if card.state != "available":
        return {}
    prices = card.prices
    return {
        "context_length": card.context_window,
        "max_output_tokens": card.max_output_tokens,
        "input_modalities": list(card.modalities),
        "pricing": None if prices is None else _pricing(prices),
        **({"targets": list(card.targets)} if card.targets else {}),
    }


def _embedding_spaces(call: Call) -> list[EmbeddingSpace]:
    space = call.surface.runtime.embeddings.space
    is_usable = space is not None and call.principal.bounds.may_use(space.model)
    return [space] if space is not None and is_usable else []


def _embedding_model(space: EmbeddingSpace) -> dict[str, object]:
    return {
        **_EMBEDDING_MODEL,
        "id": space.model,
        "owned_by": space.provider,
        "dimensions": space.num_dims,
    }


def _anthropic_model(card: ModelCard) -> dict[str, object]:
    return {
        "type": "model",
        "id": card.id,
        "display_name": card.id,
        "created_at": datetime.fromtimestamp(card.created, UTC).isoformat(),
        "lifecycle": "active",
        "state": card.state,
        "max_input_tokens": card.context_window,
        "max_tokens": card.max_output_tokens or card.context_window,
    }
