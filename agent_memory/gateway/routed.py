"""Which provider answers, by the name of the model that is asked for."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from agent_memory.gateway.provider import Provider
from agent_memory.turns.events import TurnEvent
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest


class Routed:
    """A provider that asks others. It meets `Provider`.

    `local` answers for every name that is not among `others`: clients send names of their own, and
    the loaded model answers them.
    """

    def __init__(self, local: Provider, others: Mapping[str, Provider] | None = None) -> None:
        self._local = local
        self._others = dict(others or {})

    def is_local(self, model: str) -> bool:
        """Whether the local provider answers for the model of that name."""
        return model not in self._others

    def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        return self._provider(request).answer(request)

    async def count(self, request: TurnRequest) -> int:
        return await self._provider(request).count(request)

    async def cards(self) -> Sequence[ModelCard]:
        """The local models first. A provider of several names is asked once."""
        providers = {id(provider): provider for provider in (self._local, *self._others.values())}
        return [card for provider in providers.values() for card in await provider.cards()]

    def _provider(self, request: TurnRequest) -> Provider:
        return self._others.get(request.model, self._local)
