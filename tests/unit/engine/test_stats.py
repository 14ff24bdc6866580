"""An engine's measurements."""

from agent_memory.cache.rebuild_cost import Rates
from agent_memory.engine.distribution import Distribution
from agent_memory.engine.stats import EngineStats, ShelfTraffic


def test_rates_are_what_was_measured() -> None:
    reading = Distribution()
    reading.observe(2.0)
    stats = EngineStats(prefill_tokens_per_s=7.0, shelf=ShelfTraffic(reading, bytes_read=10))
    assert stats.rates == Rates(7.0, 5.0)


def test_what_has_not_been_measured_is_as_it_is_taken_for_granted() -> None:
    assert EngineStats().rates == Rates()
