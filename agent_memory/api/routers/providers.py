"""Providers, aliases, prices and breakers: what operators set and see."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.runtime import Providers
from agent_memory.api.schemas.answers.answer import Listing
from agent_memory.api.schemas.answers.providers import (
    AliasAnswer,
    AliasDeletedAnswer,
    BreakerAnswer,
    BreakersResetAnswer,
    PriceAnswer,
    ProviderAnswer,
    ProviderCheckedAnswer,
    ProviderDeletedAnswer,
)
from agent_memory.api.schemas.providers import (
    AliasBody,
    PriceBody,
    ProviderBody,
    ProviderChangeBody,
    ProviderKeyBody,
)
from agent_memory.api.translators.providers_json import (
    alias_json,
    breaker_json,
    price_json,
    provider_json,
)
from agent_memory.api.translators.providers_request import alias_of, price_of, provider_of
from agent_memory.errors import NotFound

router = APIRouter(prefix="/v1/admin", tags=["Providers"])

_PROVIDER = {
    "object": "provider",
    "name": "openrouter",
    "dialect": "openai",
    "url": "https://openrouter.ai/api/v1",
    "enabled": True,
    "allow_private": False,
    "allowed_models": [],
    "blocked_models": [],
    "priority": 0,
    "from_environment": False,
    "keys": [{"id": "pk_1f2e3d4c", "last_four": "a9f0", "weight": 1}],
    "num_models": 412,
    "synced_at": "2026-01-01T00:00:00+00:00",
    "sync_error": None,
}
_ALIAS = {
    "object": "alias",
    "name": "fast",
    "targets": [{"model": "anthropic/claude-haiku-4-5", "weight": 1}],
    "fallbacks": ["openrouter/openai/gpt-5-mini"],
}
_PRICE = {
    "object": "price",
    "id": "price_4b1d",
    "provider": "stub",
    "model": "*",
    "input": "3",
    "output": "15",
    "cache_read": "0.3",
    "cache_write": "3.75",
    "effective_from": "2026-01-01T00:00:00+00:00",
}
_BREAKER = {
    "object": "breaker",
    "provider": "stub",
    "model": "large",
    "key": "pk_1f2e3d4c",
    "state": "open",
    "failures": 5,
    "open_for_s": 4.2,
    "last_error": "'stub' answered 500",
}


@router.get(
    "/providers",
    summary="List the providers",
    responses=answers("All of them.", {"data": [_PROVIDER]}, Listing[ProviderAnswer]),
)
async def list_providers(request: Request) -> Response:
    """By name; of their keys only the last four characters."""
    desk = await _desk(request)
    config = await desk.config()
    found = sorted(config.providers.values(), key=lambda one: one.name)
    return json_answer({"data": [provider_json(one, config) for one in found]})


@router.post(
    "/providers",
    status_code=201,
    summary="Add a provider, or change it",
    openapi_extra=takes(ProviderBody, {"name": "openrouter", "keys": ["sk-or-v1-0123456789"]}),
    responses=answers("The provider.", _PROVIDER, ProviderAnswer, status=201),
)
async def put_provider(request: Request) -> Response:
    """It answers within a second, in every process. Its keys are sealed and never shown again."""
    call = await Call.open(request, Scope.OPERATOR)
    provider = provider_of(await call.read(ProviderBody))
    desk = _of(call)
    await desk.put(provider)
    return await _one(desk, provider.name, 201)


@router.patch(
    "/providers/{name}",
    summary="Enable or disable a provider",
    openapi_extra=takes(ProviderChangeBody, {"enabled": False}),
    responses=answers("The provider.", {**_PROVIDER, "enabled": False}, ProviderAnswer),
)
async def change_provider(request: Request, name: str) -> Response:
    """A disabled one keeps its keys and is not asked."""
    call = await Call.open(request, Scope.OPERATOR)
    body = await call.read(ProviderChangeBody)
    desk = _of(call)
    await desk.set_enabled(name, is_enabled=body.enabled)
    return await _one(desk, name)


@router.delete(
    "/providers/{name}",
    summary="Remove a provider",
    responses=answers(
        "It is gone.",
        {"object": "provider.deleted", "name": "openrouter"},
        ProviderDeletedAnswer,
    ),
)
async def remove_provider(request: Request, name: str) -> Response:
    """With its keys."""
    desk = await _desk(request)
    await desk.remove(name)
    return json_answer({"object": "provider.deleted", "name": name})


@router.post(
    "/providers/{name}/test",
    summary="Ask a provider for its models",
    responses=answers(
        "It answers.",
        {"name": "openrouter", "ok": True, "num_models": 412},
        ProviderCheckedAnswer,
    ),
)
async def check_provider(request: Request, name: str) -> Response:
    """With its key, as a request would be made; 502 says what is wrong. The list is kept."""
    desk = await _desk(request)
    return json_answer({"name": name, "ok": True, "num_models": await desk.check(name)})


@router.post(
    "/providers/{name}/keys",
    status_code=201,
    summary="Add a key of a provider",
    openapi_extra=takes(ProviderKeyBody, {"key": "sk-or-v1-0123456789", "weight": 1}),
    responses=answers("The provider.", _PROVIDER, ProviderAnswer, status=201),
)
async def add_provider_key(request: Request, name: str) -> Response:
    """Beside those that are there: requests are shared out by weight, and go on with another key
    where one is refused."""
    call = await Call.open(request, Scope.OPERATOR)
    body = await call.read(ProviderKeyBody)
    desk = _of(call)
    await desk.add_key(name, body.key, body.weight)
    return await _one(desk, name, 201)


@router.delete(
    "/providers/{name}/keys/{key_id}",
    summary="Remove a key of a provider",
    responses=answers("The provider.", {**_PROVIDER, "keys": []}, ProviderAnswer),
)
async def drop_provider_key(request: Request, name: str, key_id: str) -> Response:
    """It is used no more within a second."""
    desk = await _desk(request)
    await desk.drop_key(name, key_id)
    return await _one(desk, name)


@router.get(
    "/aliases",
    summary="List the aliases",
    responses=answers("All of them.", {"data": [_ALIAS]}, Listing[AliasAnswer]),
)
async def list_aliases(request: Request) -> Response:
    """By name."""
    config = await (await _desk(request)).config()
    return json_answer({"data": [alias_json(one) for one in config.aliases.values()]})


@router.put(
    "/aliases/{name}",
    summary="Set an alias",
    openapi_extra=takes(
        AliasBody, {"targets": [{"model": "anthropic/claude-haiku-4-5", "weight": 1}]}
    ),
    responses=answers("The alias.", _ALIAS, AliasAnswer),
)
async def put_alias(request: Request, name: str) -> Response:
    """Its targets share requests by weight; its fallbacks answer when all targets have failed."""
    call = await Call.open(request, Scope.OPERATOR)
    alias = alias_of(name, await call.read(AliasBody))
    await _of(call).put_alias(alias)
    return json_answer(alias_json(alias))


@router.delete(
    "/aliases/{name}",
    summary="Remove an alias",
    responses=answers(
        "It is gone.", {"object": "alias.deleted", "name": "fast"}, AliasDeletedAnswer
    ),
)
async def remove_alias(request: Request, name: str) -> Response:
    """The name stands for nothing any more."""
    await (await _desk(request)).remove_alias(name)
    return json_answer({"object": "alias.deleted", "name": name})


@router.get(
    "/prices",
    summary="List the prices that were set",
    responses=answers("All of them.", {"data": [_PRICE]}, Listing[PriceAnswer]),
)
async def list_prices(request: Request) -> Response:
    """Those of the bundled list are not among them."""
    config = await (await _desk(request)).config()
    return json_answer({"data": [price_json(one) for one in config.prices]})


@router.post(
    "/prices",
    status_code=201,
    summary="Set a price",
    openapi_extra=takes(PriceBody, {"provider": "stub", "input": "3", "output": "15"}),
    responses=answers("The price.", _PRICE, PriceAnswer, status=201),
)
async def put_price(request: Request) -> Response:
    """Dollars for a million tokens, from a date on. What was booked before stays as it was."""
    call = await Call.open(request, Scope.OPERATOR)
    price = price_of(await call.read(PriceBody))
    await _of(call).put_price(price)
    return json_answer(price_json(price), 201)


@router.get(
    "/breakers",
    summary="List the circuit breakers",
    responses=answers(
        "Those that have counted failures.", {"data": [_BREAKER]}, Listing[BreakerAnswer]
    ),
)
async def list_breakers(request: Request) -> Response:
    """Of the process that answers: one for each provider, model and key."""
    desk = await _desk(request)
    return json_answer({"data": [breaker_json(one) for one in desk.breakers()]})


@router.post(
    "/providers/{name}/reset",
    summary="Close the circuit breakers of a provider",
    responses=answers("How many.", {"name": "stub", "num_reset": 1}, BreakersResetAnswer),
)
async def reset_breakers(request: Request, name: str) -> Response:
    """It is asked again at once."""
    desk = await _desk(request)
    return json_answer({"name": name, "num_reset": desk.reset_breakers(name)})


async def _desk(request: Request) -> Providers:
    return _of(await Call.open(request, Scope.OPERATOR))


def _of(call: Call) -> Providers:
    desk = call.surface.runtime.providers
    if desk is None:
        raise NotFound("desk", "providers")
    return desk


async def _one(desk: Providers, name: str, status: int = 200) -> Response:
    config = await desk.config()
    if name not in config.providers:
        raise NotFound("provider", name)
    return json_answer(provider_json(config.providers[name], config), status)
