"""What operators do with providers: set, check and remove them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from agent_memory.errors import Conflict, InvalidRequest, NotFound, UpstreamBroken
from agent_memory.gateway.breaker import BreakerReport, Breakers
from agent_memory.gateway.configuration import (
    LOCAL,
    Alias,
    GatewayConfig,
    ListedModel,
    ProviderConfig,
    ProviderKey,
)
from agent_memory.gateway.prices import SetPrice
from agent_memory.providers.far.addresses import checked_url
from agent_memory.providers.far.client import AttemptFailed, Deadlines
from agent_memory.providers.far.listing import listed_models

RESERVED = frozenset({LOCAL, "alias", "environment"})


class ProviderTable(Protocol):
    """Where they are kept."""

    async def load(self) -> GatewayConfig: ...

    async def put_provider(self, config: ProviderConfig) -> None: ...

    async def add_key(self, provider: str, secret: str, weight: int = 1) -> ProviderKey: ...

    async def drop_key(self, provider: str, key_id: str) -> None: ...

    async def set_enabled(self, name: str, *, is_enabled: bool) -> None: ...

    async def remove(self, name: str) -> None: ...

    async def put_alias(self, alias: Alias) -> None: ...

    async def remove_alias(self, name: str) -> None: ...

    async def put_price(self, price: SetPrice) -> None: ...

    async def put_models(self, provider: str, models: Sequence[ListedModel]) -> None: ...

    async def note_fault(self, provider: str, fault: str) -> None: ...


class ProviderDesk:
    """It meets `api.runtime.Providers`. breakers: those of this process."""

    def __init__(
        self,
        table: ProviderTable,
        of_environment: Sequence[ProviderConfig],
        deadlines: Deadlines,
        breakers: Breakers | None = None,
    ) -> None:
        self._table = table
        self._of_environment = {one.name: one for one in of_environment}
        self._deadlines = deadlines
        self._breakers = breakers or Breakers(lambda: 0.0)

    async def config(self) -> GatewayConfig:
        config = await self._table.load()
        return replace(config, providers={**self._of_environment, **config.providers})

    async def put(self, config: ProviderConfig) -> None:
        if config.name in RESERVED:
            raise InvalidRequest(f"A provider cannot be called '{config.name}'.", "name")
        url = checked_url(config.url, allow_private=config.allow_private)
        for key in config.keys:
            _check_secret(key.secret)
        await self._table.put_provider(replace(config, url=url))
        self._breakers.reset(config.name)

    async def add_key(self, provider: str, secret: str, weight: int) -> ProviderKey:
        _check_secret(secret)
        return await self._table.add_key(provider, secret, weight)

    async def drop_key(self, provider: str, key_id: str) -> None:
        await self._table.drop_key(provider, key_id)

    async def set_enabled(self, provider: str, *, is_enabled: bool) -> None:
        await self._table.set_enabled(provider, is_enabled=is_enabled)

    async def remove(self, provider: str) -> None:
        await self._table.remove(provider)
        self._breakers.reset(provider)

    async def check(self, provider: str) -> int:
        config = (await self.config()).providers.get(provider)
        if config is None:
            raise NotFound("provider", provider)
        try:
            models = await listed_models(config, self._deadlines)
        except AttemptFailed as failed:
            await self._table.note_fault(provider, failed.failure.message)
            raise UpstreamBroken(failed.failure.message) from failed
        await self._table.put_models(provider, models)
        return len(models)

    async def put_alias(self, alias: Alias) -> None:
        if alias.name in RESERVED:
            raise InvalidRequest(f"An alias cannot be called '{alias.name}'.", "name")
        if alias.name in (await self.config()).providers:
            raise Conflict(f"There is a provider called '{alias.name}'.")
        await self._table.put_alias(alias)

    async def remove_alias(self, name: str) -> None:
        await self._table.remove_alias(name)

    async def put_price(self, price: SetPrice) -> None:
        await self._table.put_price(price)

    def breakers(self) -> Sequence[BreakerReport]:
        return self._breakers.report()

    def reset_breakers(self, provider: str) -> int:
        return self._breakers.reset(provider)


def _check_secret(secret: str) -> None:
    if not secret or not secret.isascii() or any(ord(char) <= 32 for char in secret):
        raise InvalidRequest("The key of a provider is one word of printable characters.", "key")
