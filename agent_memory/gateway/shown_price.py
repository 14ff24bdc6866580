"""A price as lists of models show it."""

from agent_memory.gateway.prices import Price
from agent_memory.turns.models import ModelPrices


def shown_price(price: Price | None) -> ModelPrices | None:
    """Dollars for one token, as OpenRouter writes them: texts, so that no digit is lost."""
    if price is None:
        return None
    rates = price.rates[0]
    return ModelPrices(
        *(
            format(rate / 1_000_000, "f")
            for rate in (rates.input, rates.output, rates.cache_read, rates.cache_write)
        )
    )
