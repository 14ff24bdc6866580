"""Prices: the operator's, else those of the bundled list, which knows when they changed."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from genai_prices import data_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from agent_memory.gateway.configuration import LOCAL, GatewayConfig
from agent_memory.gateway.prices import FREE, Price, Rates, price_set

_MAX_KEPT = 4096
_CLASSES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")


class PriceList:
    """Finds the price of a model at a time. Models of this machine cost nothing, unless the
    operator has set a price for them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str, date], Price | None] = OrderedDict()

    async def load(self) -> None:
        """Read the bundled list, which takes longer than a request should wait."""
        await asyncio.to_thread(data_snapshot.get_snapshot)

    def price(self, config: GatewayConfig, provider: str, model: str, at: datetime) -> Price | None:
        """None where nobody knows what it costs."""
        found = price_set(config.prices, provider, model, at)
        if found is not None or provider == LOCAL:
            return found or FREE
        known = config.providers.get(provider)
        place = (provider, model, known.url if known else "", at.date())
        if place not in self._kept:
            self._kept[place] = _listed_price(provider, model, place[2], at)
            if len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        return self._kept[place]


def listed_window(provider: str, model: str, url: str) -> int | None:
    """The context window, by the bundled list."""
    found = _listed(provider, model, url)
    return found.context_window if found else None


def _listed_price(provider: str, model: str, url: str, at: datetime) -> Price | None:
    found = _listed(provider, model, url)
    if found is None or not found.prices:
        return None
    prices = found.get_prices(at)
    rates = _rates(prices)
    if not rates:
        return None
    digest = hashlib.sha256(repr(rates).encode()).hexdigest()[:8]
    return Price(f"genai-prices/{provider}/{found.id}/{digest}", tuple(rates))


def _listed(provider: str, model: str, url: str) -> ModelInfo | None:
    """By the provider's name, else by its address: the same words mean other models elsewhere."""
    snapshot = data_snapshot.get_snapshot()
    ways: Sequence[tuple[str | None, str | None]] = ((provider, None), (None, url or None))
    for provider_id, api_url in ways:
        if provider_id is None and api_url is None:
            continue
        try:
            found = snapshot.find_provider(None, provider_id, api_url)
        except LookupError:
            continue
        return found.find_model(model.lower(), all_providers=snapshot.providers)
    return None


def _rates(prices: ModelPrice) -> list[Rates]:
    """One for each length of prompts from which on a price changes."""
    values = {name: getattr(prices, name) for name in _CLASSES}
    if values["input_mtok"] is None and values["output_mtok"] is None:
        return []
    starts = {0} | {
        tier.start + 1
        for value in values.values()
        if isinstance(value, TieredPrices)
        for tier in value.tiers
    }
    return [_rates_from(values, start) for start in sorted(starts)]


def _rates_from(values: dict[str, Decimal | TieredPrices | None], start: int) -> Rates:
    plain = _at(values["input_mtok"], start, Decimal(0))
    return Rates(
        input=plain,
        output=_at(values["output_mtok"], start, Decimal(0)),
        cache_read=_at(values["cache_read_mtok"], start, plain),
        cache_write=_at(values["cache_write_mtok"], start, plain),
        from_tokens=start,
    )


def _at(value: Decimal | TieredPrices | None, start: int, otherwise: Decimal) -> Decimal:
    if value is None:
        return otherwise
    if isinstance(value, TieredPrices):
        reached = [tier.price for tier in value.tiers if tier.start < start]
        return reached[-1] if reached else value.base
    return value
