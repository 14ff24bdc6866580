"""Providers, aliases and prices in the database."""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import orjson

from agent_memory.access.sealing import Sealing
from agent_memory.clock import utc_now
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.gateway.configuration import (
    Alias,
    AliasTarget,
    GatewayConfig,
    ListedModel,
    ProviderConfig,
    ProviderKey,
)
from agent_memory.gateway.prices import Rates, SetPrice
from agent_memory.store.database import Database
from agent_memory.store.transaction import Transaction
from agent_memory.turns.route import Wire

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _ProviderRow:
    name: str
    wire: str
    url: str
    is_enabled: bool
    allow_private: bool
    allowed: list[str]
    blocked: list[str]
    priority: int
    synced_at: datetime | None
    sync_fault: str | None


@dataclass(frozen=True, slots=True)
class _KeyRow:
    provider: str
    key_id: str
    sealed: bytes
    last_four: str
    weight: int
    created_at: datetime

    @property
    def place(self) -> str:
        return f"provider {self.provider}, key {self.key_id}"


@dataclass(frozen=True, slots=True)
class _AliasRow:
    name: str
    targets: str
    fallbacks: list[str]


@dataclass(frozen=True, slots=True)
class _PriceRow:
    price_id: str
    provider: str
    model: str
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class _ModelRow:
    provider: str
    model: str
    context_window: int | None
    max_output_tokens: int | None
    created: int
    has_tools: bool | None
    has_thinking: bool | None
    modalities: list[str]


class ProviderStore:
    """Keeps what operators set. Keys are sealed on their way in and opened on their way out."""

    def __init__(
        self, database: Database, sealing: Sealing, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._sealing = sealing
        self._clock = clock

    async def version(self) -> int:
        """Another number after every change."""
        async with self._database.no_workspace() as transaction:
            found = await transaction.fetch_value("gateway_version")
        return found if isinstance(found, int) else 0

    async def load(self) -> GatewayConfig:
        """Everything. A key that cannot be opened is left out, and logged."""
        async with self._database.no_workspace() as transaction:
            providers = await transaction.fetch_all("list_providers", _ProviderRow)
            keys = await transaction.fetch_all("list_provider_keys", _KeyRow)
            aliases = await transaction.fetch_all("list_aliases", _AliasRow)
            prices = await transaction.fetch_all("list_prices", _PriceRow)
            models = await transaction.fetch_all("list_provider_models", _ModelRow)
        return GatewayConfig(
            {row.name: self._provider(row, keys) for row in providers},
            {row.name: _alias(row) for row in aliases},
            [_model(row) for row in models],
            [_price(row) for row in prices],
            {row.name: row.synced_at for row in providers if row.synced_at is not None},
            {row.name: row.sync_fault for row in providers if row.sync_fault is not None},
        )

    async def put_provider(self, config: ProviderConfig) -> None:
        """Make it, or change it where it is there; with keys, they take the place of the old."""
        async with self._database.no_workspace() as transaction:
            await transaction.run(
                "put_provider",
                name=config.name,
                wire=config.wire.value,
                url=config.url,
                allow_private=config.allow_private,
                allowed=list(config.allowed),
                blocked=list(config.blocked),
                priority=config.priority,
            )
            if config.keys:
                await transaction.run("drop_provider_keys", provider=config.name, key_id=None)
            for key in config.keys:
                await self._put_key(transaction, config.name, key)

    async def add_key(self, provider: str, secret: str, weight: int = 1) -> ProviderKey:
        """One more key of a provider that is there."""
        key = ProviderKey(new_key_id(), secret, weight)
        async with self._database.no_workspace() as transaction:
            rows = await transaction.fetch_all("list_providers", _ProviderRow)
            if provider not in {row.name for row in rows}:
                raise NotFound("provider", provider)
            await self._put_key(transaction, provider, key)
        return key

    async def drop_key(self, provider: str, key_id: str) -> None:
        async with self._database.no_workspace() as transaction:
            await transaction.run("drop_provider_keys", provider=provider, key_id=key_id)

    async def set_enabled(self, name: str, *, is_enabled: bool) -> None:
        async with self._database.no_workspace() as transaction:
            done = await transaction.fetch_value(
                "set_provider_enabled", name=name, is_enabled=is_enabled
            )
        if done is None:
            raise NotFound("provider", name)

    async def remove(self, name: str) -> None:
        """With its keys and the list of its models."""
        async with self._database.no_workspace() as transaction:
            done = await transaction.fetch_value("delete_provider", name=name)
            await transaction.run("drop_provider_models", provider=name)
        if done is None:
            raise NotFound("provider", name)

    async def put_alias(self, alias: Alias) -> None:
        targets = [{"model": one.model, "weight": one.weight} for one in alias.targets]
        async with self._database.no_workspace() as transaction:
            await transaction.run(
                "put_alias",
                name=alias.name,
                targets=orjson.dumps(targets).decode(),
                fallbacks=list(alias.fallbacks),
            )

    async def remove_alias(self, name: str) -> None:
        async with self._database.no_workspace() as transaction:
            done = await transaction.fetch_value("delete_alias", name=name)
        if done is None:
            raise NotFound("alias", name)

    async def put_price(self, price: SetPrice) -> None:
        """A price that holds from its date on. Those that were booked before stay as they were."""
        rates = price.rates
        async with self._database.no_workspace() as transaction:
            await transaction.run(
                "put_price",
                price_id=price.price_id,
                provider=price.provider,
                model=price.model,
                input=rates.input,
                output=rates.output,
                cache_read=rates.cache_read,
                cache_write=rates.cache_write,
                effective_from=price.effective_from,
            )

    async def put_models(self, provider: str, models: Sequence[ListedModel]) -> None:
        """The provider's list as it was read now, in place of the one before."""
        async with self._database.no_workspace() as transaction:
            await transaction.run("drop_provider_models", provider=provider)
            for model in models:
                await transaction.run(
                    "put_provider_model",
                    provider=provider,
                    model=model.model,
                    context_window=model.context_window,
                    max_output_tokens=model.max_output_tokens,
                    created=model.created,
                    has_tools=model.has_tools,
                    has_thinking=model.has_thinking,
                    modalities=list(model.modalities),
                )
            await transaction.run(
                "note_provider_sync", name=provider, fault=None, now=self._clock()
            )

    async def note_fault(self, provider: str, fault: str) -> None:
        """The list could not be read: the last one stays."""
        async with self._database.no_workspace() as transaction:
            await transaction.run(
                "note_provider_sync", name=provider, fault=fault[:500], now=self._clock()
            )

    async def _put_key(self, transaction: Transaction, provider: str, key: ProviderKey) -> None:
        row = _KeyRow(provider, key.key_id, b"", key.last_four, key.weight, self._clock())
        await transaction.run(
            "put_provider_key",
            provider=provider,
            key_id=key.key_id,
            sealed=self._sealing.seal(key.secret, row.place),
            last_four=key.last_four,
            weight=key.weight,
        )

    def _provider(self, row: _ProviderRow, keys: Sequence[_KeyRow]) -> ProviderConfig:
        opened = [self._opened(key) for key in keys if key.provider == row.name]
        return ProviderConfig(
            row.name,
            Wire(row.wire),
            row.url,
            tuple(key for key in opened if key is not None),
            row.is_enabled,
            row.allow_private,
            tuple(row.allowed),
            tuple(row.blocked),
            row.priority,
        )

    def _opened(self, row: _KeyRow) -> ProviderKey | None:
        try:
            return ProviderKey(
                row.key_id, self._sealing.open(bytes(row.sealed), row.place), row.weight
            )
        except InvalidRequest as error:
            log.error("a provider's key is of no use", extra={"reason": str(error)})
            return None


def new_key_id() -> str:
    """A name for a key, by which it is removed."""
    return f"pk_{secrets.token_hex(4)}"


def _alias(row: _AliasRow) -> Alias:
    targets = tuple(AliasTarget(**target) for target in orjson.loads(row.targets))
    return Alias(row.name, targets, tuple(row.fallbacks))


def _price(row: _PriceRow) -> SetPrice:
    rates = Rates(row.input, row.output, row.cache_read, row.cache_write)
    return SetPrice(row.price_id, row.provider, row.model, rates, row.effective_from)


def _model(row: _ModelRow) -> ListedModel:
    return ListedModel(
        row.provider,
        row.model,
        row.context_window,
        row.max_output_tokens,
        row.created,
        row.has_tools,
        row.has_thinking,
        tuple(row.modalities),
    )
