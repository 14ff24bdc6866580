"""The configuration of providers as one process has it: read again when it has changed."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from agent_memory.errors import AgentMemoryError
from agent_memory.gateway.configuration import GatewayConfig, ProviderConfig
from agent_memory.gateway.prices import Price
from agent_memory.providers.far.price_list import PriceList

log = logging.getLogger(__name__)

TTL_S = 1.0


class ProviderRows(Protocol):
    """What is stored."""

    async def version(self) -> int: ...

    async def load(self) -> GatewayConfig: ...


class KeptConfiguration:
    """It meets `providers.Configuration` and `api.runtime.Prices`.

    A change is effective after `TTL_S` and one query, in every process. While the database is away
    the last good one serves. of_environment: providers that variables make; a row of the same name
    takes their place.
    """

    def __init__(
        self,
        rows: ProviderRows,
        of_environment: tuple[ProviderConfig, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows = rows
        self._of_environment = of_environment
        self._clock = clock
        self._prices = PriceList()
        self._config = self._with_environment(GatewayConfig())
        self._version: int | None = None
        self._read_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    async def current(self) -> GatewayConfig:
        """At most a second old, but for the time that it takes to read; the first is waited for."""
        now = self._clock()
        if self._read_at is None or now - self._read_at > TTL_S:
            if self._reading is None or self._reading.done():
                self._read_at = self._read_at if self._read_at is None else now
                self._reading = asyncio.create_task(self._read())
            await asyncio.shield(self._reading)
        return self._config

    def price(self, provider: str, model: str, at: datetime) -> Price | None:
        return self._prices.price(self._config, provider, model, at)

    async def _read(self) -> None:
        try:
            version = await self._rows.version()
            if version != self._version:
                self._config = self._with_environment(await self._rows.load())
                self._version = version
                if self._config.providers:
                    await self._prices.load()
        except AgentMemoryError as error:
            log.warning("providers could not be read", extra={"reason": str(error)})
        self._read_at = self._clock()

    def _with_environment(self, config: GatewayConfig) -> GatewayConfig:
        made = {one.name: one for one in self._of_environment}
        return replace(config, providers={**made, **config.providers})
