"""Prices of tokens: exact decimals, from a date on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """The four classes of tokens that providers charge for; no token is in two of them.

    input_tokens: those of the prompt that were neither read from nor written to a cache.
    """

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        """All that the model read."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars for a million tokens of each class, for prompts of `from_tokens` or more."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    from_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs. `price_id` names this price for good: another price has another id.

    rates: in the order of `from_tokens`, the first from 0 on.
    """

    price_id: str
    rates: Sequence[Rates]

    def cost(self, tokens: TokenCounts) -> Decimal:
        """Dollars for one request. A longer prompt makes all its tokens dearer."""
        rates = self.rates_for(tokens.prompt_tokens)
        return (
            tokens.input_tokens * rates.input
            + tokens.cache_read_tokens * rates.cache_read
            + tokens.cache_write_tokens * rates.cache_write
            + tokens.output_tokens * rates.output
        ) / _MILLION

    def rates_for(self, prompt_tokens: int) -> Rates:
        """The rates of a prompt of that length."""
        reached = [rates for rates in self.rates if rates.from_tokens <= prompt_tokens]
        return reached[-1]

    def highest(self, prompt_tokens: int, output_tokens: int) -> Decimal:
        """The most that a request of that size may cost, whatever is cached of it."""
        dearest = max(
            prompt_tokens * max(rates.input, rates.cache_write, rates.cache_read)
            + output_tokens * rates.output
            for rates in self.rates
        )
        return dearest / _MILLION


@dataclass(frozen=True, slots=True)
class SetPrice:
    """A price that an operator has set for a model, or for all of a provider's (`model` is '*')."""

    price_id: str
    provider: str
    model: str
    rates: Rates
    effective_from: datetime

    def is_for(self, provider: str, model: str, at: datetime) -> bool:
        """Whether it holds for that model at that time."""
        return (
            self.provider == provider and self.model in {model, "*"} and self.effective_from <= at
        )


def price_set(prices: Sequence[SetPrice], provider: str, model: str, at: datetime) -> Price | None:
    """The operator's price: that of the model before that of all, and the latest one first."""
    found = [price for price in prices if price.is_for(provider, model, at)]
    if not found:
        return None
    last = max(found, key=lambda price: (price.model == model, price.effective_from))
    return Price(last.price_id, (last.rates,))


FREE = Price("local:free", (Rates(Decimal(0), Decimal(0), Decimal(0), Decimal(0)),))
"""Models of this machine, unless an operator says otherwise."""
