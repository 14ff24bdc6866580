"""Sessions, KV blocks and the engine as metrics."""

from collections.abc import Sequence

from prometheus_client import Metric

from agent_memory.cache.lease import Location
from agent_memory.cache.miss import MissKind
from agent_memory.cache.stats import PoolStats
from agent_memory.deployments.metric_family import Samples, counter, gauge, histogram, summary
from agent_memory.engine.model_roster import ModelEntry, ModelState
from agent_memory.engine.stats import EngineStats
from agent_memory.sessions.directory import DirectoryStats


def session_metrics(stats: DirectoryStats) -> list[Metric]:
    """How many processes of sessions there are."""
    states = {
        "live": stats.num_live,
        "warm": stats.num_warm,
        "waiting": stats.num_waiting,
    }
    return [
        gauge(
            "agent_memory_sessions",
            "Sessions with a process, blank processes, and turns that wait for one.",
            [({"state": state}, number) for state, number in states.items()],
        ),
        counter(
            "agent_memory_session_hibernations_total",
            "Sessions that gave their process away.",
            stats.num_hibernated,
        ),
        gauge("agent_memory_draining", "1 while no new turns are taken.", stats.is_draining),
    ]


def pool_metrics(stats: PoolStats) -> list[Metric]:
    """What the register of blocks knows."""
    return [*_holdings(stats), *_lookups(stats), *_room(stats)]


def engine_metrics(stats: EngineStats) -> list[Metric]:
    """What the engine does and has done since it started."""
    return [*_tokens(stats), *_requests(stats), *_shelf(stats)]


def model_metrics(entries: Sequence[ModelEntry]) -> list[Metric]:
    """Which model is loaded, and how the others fare."""
    return [
        gauge(
            "agent_memory_model",
            "1 for the state that each model is in.",
            [
                ({"model": entry.name, "state": state.value}, entry.state is state)
                for entry in entries
                for state in ModelState
            ],
        )
    ]


def _holdings(stats: PoolStats) -> list[Metric]:
    return [
        gauge(
            "agent_memory_kv_blocks",
            "KV blocks by tier; those of the shelf may be in memory as well.",
            _by_tier(stats.num_resident_blocks, stats.num_memory_blocks, stats.num_shelf_blocks),
        ),
        gauge(
            "agent_memory_kv_bytes",
            "Bytes of KV blocks by tier.",
            _by_tier(stats.resident_bytes, stats.memory_bytes, stats.shelf_bytes),
        ),
        gauge(
            "agent_memory_kv_budget_bytes",
            "Most bytes that a tier may hold.",
            _by_tier(stats.resident_budget, stats.memory_budget, stats.shelf_budget),
        ),
        gauge("agent_memory_kv_shelf_files", "Files on the shelf.", stats.num_shelf_files),
        counter(
            "agent_memory_kv_evictions_total",
            "Blocks that left the engine or rested in memory no more, and files deleted from the "
            "shelf.",
            _by_tier(stats.num_evicted_blocks, stats.num_dropped_blocks, stats.num_discarded_files),
        ),
    ]


def _lookups(stats: PoolStats) -> list[Metric]:
    results = {"hit": stats.num_hits, "miss": stats.num_misses}
    return [
        counter(
            "agent_memory_kv_lookups_total",
            "Prompts of which something was cached (hit), or nothing (miss).",
            [({"result": result}, number) for result, number in results.items()],
        ),
        counter(
            "agent_memory_kv_misses_total",
            "Prompts by why not more of them was cached.",
            [
                ({"reason": kind.name.lower()}, stats.num_misses_by_kind.get(kind, 0))
                for kind in MissKind
            ],
        ),
    ]


def _room(stats: PoolStats) -> list[Metric]:
    return [
        gauge(
            "agent_memory_kv_reserved_bytes",
            "Bytes promised to turns under way.",
            stats.reserved_bytes,
        ),
        gauge("agent_memory_kv_leases", "Turns that hold blocks.", stats.num_leases),
        gauge(
            "agent_memory_kv_oldest_lease_seconds",
            "How long the oldest of them has.",
            stats.oldest_lease_s,
        ),
        gauge("agent_memory_kv_waiting", "Turns that wait for room.", stats.num_waiting),
        summary(
            "agent_memory_kv_room_wait_seconds",
            "How long turns have waited for room in memory.",
            stats.num_room_waits,
            stats.room_wait_s,
        ),
    ]


def _tokens(stats: EngineStats) -> list[Metric]:
    brought_back = stats.tokens_from_memory + stats.tokens_from_shelf
    sources = {
        "prefilled": stats.tokens_prefilled,
        "resident": stats.tokens_restored - brought_back,
        "memory": stats.tokens_from_memory,
        "shelf": stats.tokens_from_shelf,
    }
    return [
        counter(
            "agent_memory_prompt_tokens_total",
            "Tokens of prompts by where their KV came from.",
            [({"source": source}, number) for source, number in sources.items()],
        ),
        counter("agent_memory_generated_tokens_total", "Tokens generated.", stats.tokens_generated),
    ]


def _requests(stats: EngineStats) -> list[Metric]:
    outcomes = {
        "finished": stats.requests_finished,
        "cancelled": stats.requests_cancelled,
        "failed": stats.requests_failed,
    }
    return [
        gauge("agent_memory_engine_running", "Answers under way.", stats.running),
        gauge("agent_memory_engine_waiting", "Requests without a row yet.", stats.waiting),
        counter(
            "agent_memory_engine_requests_total",
            "Requests by how they ended.",
            [({"outcome": outcome}, number) for outcome, number in outcomes.items()],
        ),
        counter(
            "agent_memory_preemptions_total",
            "Answers that gave up their room for others, and went on later.",
            stats.requests_preempted,
        ),
        counter("agent_memory_engine_steps_total", "Steps of the engine's loop.", stats.steps),
        gauge(
            "agent_memory_engine_memory_bytes",
            "Memory that the device's allocator has handed out.",
            stats.active_bytes,
        ),
        histogram(
            "agent_memory_engine_queue_seconds",
            "Time from a request's arrival at the engine until it has a row and its cached KV.",
            stats.queueing,
        ),
        histogram(
            "agent_memory_engine_time_to_first_token_seconds",
            "Time from a request's arrival at the engine to its first token.",
            stats.first_token,
        ),
    ]


def _shelf(stats: EngineStats) -> list[Metric]:
    shelf = stats.shelf
    return [
        histogram(
            "agent_memory_kv_restore_seconds",
            "Time to read and check one file of the shelf.",
            shelf.reading,
        ),
        counter(
            "agent_memory_kv_restored_bytes_total",
            "Bytes of KV read from the shelf.",
            shelf.bytes_read,
        ),
        histogram(
            "agent_memory_kv_write_behind_seconds",
            "Time to write one file of the shelf, to the disk itself.",
            shelf.writing,
        ),
        counter(
            "agent_memory_kv_written_bytes_total",
            "Bytes of KV written to the shelf.",
            shelf.bytes_written,
        ),
    ]


def _by_tier(resident: float, memory: float, shelf: float) -> Samples:
    tiers = {Location.RESIDENT: resident, Location.MEMORY: memory, Location.SHELF: shelf}
    return [({"tier": tier.value}, number) for tier, number in tiers.items()]
