from datetime import UTC, datetime
from decimal import Decimal

from agent_memory.gateway.prices import Price, Rates, SetPrice, TokenCounts, price_set

SHORT = Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75"))
LONG = Rates(Decimal(6), Decimal("22.5"), Decimal("0.6"), Decimal("7.5"), from_tokens=200_000)
PRICE = Price("sonnet", (SHORT, LONG))
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


def _set(price_id: str, model: str, at: datetime) -> SetPrice:
    return SetPrice(price_id, "stub", model, SHORT, at)


def test_each_class_of_tokens_has_its_own_rate_and_the_cost_is_exact() -> None:
    tokens = TokenCounts(1000, cache_read_tokens=10, cache_write_tokens=100, output_tokens=7)
    assert PRICE.cost(tokens) == Decimal("0.003483")


def test_a_long_prompt_makes_all_tokens_dearer_cached_ones_counted() -> None:
    tokens = TokenCounts(100_000, cache_read_tokens=100_000, output_tokens=1)
    assert PRICE.cost(tokens) == Decimal("0.6600225")
    assert PRICE.cost(TokenCounts(199_999)) == Decimal("0.599997")


def test_the_highest_cost_takes_the_dearest_rates_of_all_lengths() -> None:
    assert PRICE.highest(1000, 10) == Decimal("0.007725")


def test_no_request_of_that_size_costs_more_than_the_highest_cost() -> None:
    for tokens in (TokenCounts(500, 400, 100, 9), TokenCounts(0, 0, 1000, 10)):
        assert PRICE.cost(tokens) <= PRICE.highest(1000, 10)


def test_the_price_of_a_model_goes_before_that_of_all_and_the_latest_before_older_ones() -> None:
    prices = [
        _set("all", "*", SUMMER),
        _set("old", "large", NEW_YEAR),
        _set("new", "large", SUMMER),
    ]
    at = datetime(2026, 8, 1, tzinfo=UTC)
    assert [
        price.price_id if (price := price_set(prices, "stub", model, when)) else None
        for model, when in (("large", at), ("large", NEW_YEAR), ("small", at), ("small", NEW_YEAR))
    ] == ["new", "old", "all", None]


def test_a_price_holds_for_its_provider_only() -> None:
    assert price_set([_set("all", "*", NEW_YEAR)], "other", "large", SUMMER) is None
