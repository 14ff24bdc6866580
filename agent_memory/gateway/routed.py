"""Which provider answers, by the route of the model that is asked for."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from agent_memory.errors import Unavailable, UpstreamBroken
from agent_memory.gateway.provider import Provider
from agent_memory.turns.events import TurnEvent
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.route import Route, Target


class Far(Provider, Protocol):
    """The provider that has others answer, and knows what names stand for."""

    async def route(self, model: str) -> Route: ...


class Routed:
    """A provider that asks others. It meets `Provider`.

    `others` answer for the models of their names. `far` says what every other name stands for;
    without it the local engine answers: clients send names of their own.
    """

    def __init__(
        self, local: Provider, others: Mapping[str, Provider] | None = None, far: Far | None = None
    ) -> None:
        self._local = local
        self._others = dict(others or {})
        self._far = far

    async def route(self, model: str) -> Route:
        """Where requests for the model of that name go; `UnknownModel` for no model's name."""
        if model in self._others:
            return Route(model, ((Target("other", model, None),),))
        if self._far is None:
            return Route(model, local_model=model)
        return await self._far.route(model)

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """The events of whoever answers: the local engine also where it is named beside others, and
        none of those has said a word."""
        provider, route = self._provider(request), request.route
        if provider is self._local and route is not None:
            request = self._for_us(request, route)
        has_begun = False
        try:
            async with aclosing(provider.answer(request)) as events:
                async for event in events:
                    has_begun = True
                    yield event
        except (UpstreamBroken, Unavailable):
            if has_begun or route is None or route.is_local or route.local_model is None:
                raise
            own = self._for_us(request, route)
            async with aclosing(self._local.answer(own)) as events:
                async for event in events:
                    yield event

    async def count(self, request: TurnRequest) -> int:
        return await self._provider(request).count(request)

    async def cards(self) -> Sequence[ModelCard]:
        """The local models first. A provider of several names is asked once."""
        far = [] if self._far is None else [self._far]
        known = (self._local, *self._others.values(), *far)
        providers = {id(provider): provider for provider in known}
        return [card for provider in providers.values() for card in await provider.cards()]

    def _provider(self, request: TurnRequest) -> Provider:
        route = request.route
        if self._far is not None and route is not None and route.tiers:
            return self._others.get(request.model, self._far)
        return self._others.get(request.model, self._local)

    @staticmethod
    def _for_us(request: TurnRequest, route: Route) -> TurnRequest:
        return replace(request, model=route.local_model or "", sent=None, route=None)
