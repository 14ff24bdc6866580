"""The metrics of sessions, blocks and the engine that Prometheus reads."""

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.deployments.kv_metrics import (
    engine_metrics,
    model_metrics,
    pool_metrics,
    session_metrics,
)
from agent_memory.deployments.metric_family import exposition
from agent_memory.engine.distribution import Distribution
from agent_memory.engine.model_roster import ModelEntry, ModelState
from agent_memory.engine.stats import EngineStats, ShelfTraffic
from agent_memory.ids import LeaseId
from agent_memory.sessions.directory import DirectoryStats


def samples(metrics: list[Metric]) -> dict[tuple[str, str], float]:
    """Values by name and the values of labels."""
    families = list(text_string_to_metric_families(exposition(metrics)))
    assert all(family.documentation for family in families)
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_tokens_are_told_by_where_their_kv_came_from() -> None:
    stats = EngineStats(
        tokens_prefilled=7, tokens_restored=9, tokens_from_memory=4, tokens_from_shelf=2
    )
    found = samples(engine_metrics(stats))
    sources = ("prefilled", "resident", "memory", "shelf")
    by_source = [found["agent_memory_prompt_tokens_total", source] for source in sources]
    assert by_source == [7, 3, 4, 2]


def test_times_are_histograms() -> None:
    reading = Distribution()
    for seconds in (0.001, 0.004, 99.0):
        reading.observe(seconds)
    found = samples(engine_metrics(EngineStats(shelf=ShelfTraffic(reading=reading))))
    name = "agent_memory_kv_restore_seconds"
    buckets = [found[f"{name}_bucket", at] for at in ("0.001", "0.0025", "0.005", "60.0", "+Inf")]
    assert buckets == [1, 1, 2, 2, 3]
    assert found[f"{name}_count", ""] == 3
    assert found[f"{name}_sum", ""] == 99.005


def test_misses_are_counted_by_reason() -> None:
    pool = BlockPool(4, 10, 1000, 1000, lambda: 1.0)
    pool.lease(root_hash("model", "float32", "w"), [1, 2, 3], 0, LeaseId("one"), "alice")
    found = samples(pool_metrics(pool.stats()))
    assert found["agent_memory_kv_misses_total", "first"] == 1
    assert found["agent_memory_kv_misses_total", "evicted"] == 0
    assert found["agent_memory_kv_lookups_total", "miss"] == 1
    assert found["agent_memory_kv_reserved_bytes", ""] == 30


def test_blocks_and_bytes_are_told_by_tier() -> None:
    pool = BlockPool(4, 10, 80, 1000, lambda: 1.0, at_rest_budget=40)
    root = root_hash("model", "float32", "w")
    for number in range(4):
        lease_id, tokens = LeaseId(f"{number}"), (number,) * 4
        assert pool.lease(root, tokens, 0, lease_id, "alice") is not None
        block = StoredBlock(chain_hash(root, tokens), root, tokens, 40, f"file {number}")
        pool.publish(lease_id, [block], ())
    found = samples(pool_metrics(pool.stats()))
    tiers = ("resident", "memory", "shelf")
    by_tier = {
        name: [found[f"agent_memory_kv_{name}", tier] for tier in tiers]
        for name in ("blocks", "bytes", "budget_bytes", "evictions_total")
    }
    assert by_tier == {
        "blocks": [2, 1, 4],
        "bytes": [80, 40, 160],
        "budget_bytes": [80, 40, 1000],
        "evictions_total": [2, 1, 0],
    }


def test_processes_of_sessions_are_told_by_state() -> None:
    found = samples(session_metrics(DirectoryStats(3, 1, 9, 0, False)))
    assert found["agent_memory_sessions", "live"] == 3
    assert found["agent_memory_session_hibernations_total", ""] == 9


def test_each_model_is_in_one_state_whatever_it_is_called() -> None:
    odd = 'odd "name" \\ here'
    entries = [ModelEntry("tiny", ModelState.LOADED), ModelEntry(odd, ModelState.FAILED, "torn")]
    found = samples(model_metrics(entries))
    assert [key for key, value in found.items() if value] == [
        ("agent_memory_model", "tiny,loaded"),
        ("agent_memory_model", f"{odd},failed"),
    ]
