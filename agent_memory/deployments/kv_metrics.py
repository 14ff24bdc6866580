"""Sessions, KV blocks and the engine in Prometheus text format."""

from collections.abc import Sequence

from agent_memory.cache.lease import Location
from agent_memory.cache.miss import MissKind
from agent_memory.cache.stats import PoolStats
from agent_memory.deployments.metric_family import MetricFamily, counter, gauge, histogram
from agent_memory.engine.model_roster import ModelEntry, ModelState
from agent_memory.engine.stats import EngineStats
from agent_memory.sessions.directory import DirectoryStats


def session_lines(stats: DirectoryStats) -> list[str]:
    """How many processes of sessions there are."""
    states = {
        "live": stats.num_live,
        "warm": stats.num_warm,
        "waiting": stats.num_waiting,
    }
    return [
        *MetricFamily(
            "agent_memory_sessions",
            "gauge",
            "Sessions with a process, blank processes, and turns that wait for one.",
            [({"state": state}, number) for state, number in states.items()],
        ).lines(),
        *counter(
            "agent_memory_session_hibernations_total",
            "Sessions that gave their process away.",
            stats.num_hibernated,
        ),
        *gauge("agent_memory_draining", "1 while no new turns are taken.", stats.is_draining),
    ]


def pool_lines(stats: PoolStats) -> list[str]:
    """What the register of blocks knows."""
    return [*_holdings(stats), *_lookups(stats), *_room(stats)]


def engine_lines(stats: EngineStats) -> list[str]:
    """What the engine does and has done since it started."""
    return [*_tokens(stats), *_requests(stats), *_shelf(stats)]


def model_lines(entries: Sequence[ModelEntry]) -> list[str]:
    """Which model is loaded, and how the others fare."""
    return MetricFamily(
        "agent_memory_model",
        "gauge",
        "1 for the state that each model is in.",
        [
            ({"model": _escaped(entry.name), "state": state.value}, entry.state is state)
            for entry in entries
            for state in ModelState
        ],
    ).lines()


def _escaped(name: str) -> str:
    """A model's name is a path or what its owner called it; a label's value may not be all that."""
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _holdings(stats: PoolStats) -> list[str]:
    return [
        *_by_tier(
            "agent_memory_kv_blocks",
            "KV blocks by tier; those of the shelf may be in memory as well.",
            stats.num_resident_blocks,
            stats.num_memory_blocks,
            stats.num_shelf_blocks,
        ),
        *_by_tier(
            "agent_memory_kv_bytes",
            "Bytes of KV blocks by tier.",
            stats.resident_bytes,
            stats.memory_bytes,
            stats.shelf_bytes,
        ),
        *_by_tier(
            "agent_memory_kv_budget_bytes",
            "Most bytes that a tier may hold.",
            stats.resident_budget,
            stats.memory_budget,
            stats.shelf_budget,
        ),
        *gauge("agent_memory_kv_shelf_files", "Files on the shelf.", stats.num_shelf_files),
        *_by_tier(
            "agent_memory_kv_evictions_total",
            "Blocks that left the engine or rested in memory no more, and files deleted from the "
            "shelf.",
            stats.num_evicted_blocks,
            stats.num_dropped_blocks,
            stats.num_discarded_files,
            "counter",
        ),
    ]


def _lookups(stats: PoolStats) -> list[str]:
    results = {"hit": stats.num_hits, "miss": stats.num_misses}
    return [
        *MetricFamily(
            "agent_memory_kv_lookups_total",
            "counter",
            "Prompts of which something was cached (hit), or nothing (miss).",
            [({"result": result}, number) for result, number in results.items()],
        ).lines(),
        *MetricFamily(
            "agent_memory_kv_misses_total",
            "counter",
            "Prompts by why not more of them was cached.",
            [
                ({"reason": kind.name.lower()}, stats.num_misses_by_kind.get(kind, 0))
                for kind in MissKind
            ],
        ).lines(),
    ]


def _room(stats: PoolStats) -> list[str]:
    name = "agent_memory_kv_room_wait_seconds"
    return [
        *gauge(
            "agent_memory_kv_reserved_bytes",
            "Bytes promised to turns under way.",
            stats.reserved_bytes,
        ),
        *gauge("agent_memory_kv_leases", "Turns that hold blocks.", stats.num_leases),
        *gauge(
            "agent_memory_kv_oldest_lease_seconds",
            "How long the oldest of them has.",
            stats.oldest_lease_s,
        ),
        *gauge("agent_memory_kv_waiting", "Turns that wait for room.", stats.num_waiting),
        f"# HELP {name} How long turns have waited for room in memory.",
        f"# TYPE {name} summary",
        f"{name}_sum {stats.room_wait_s}",
        f"{name}_count {stats.num_room_waits}",
    ]


def _tokens(stats: EngineStats) -> list[str]:
    brought_back = stats.tokens_from_memory + stats.tokens_from_shelf
    sources = {
        "prefilled": stats.tokens_prefilled,
        "resident": stats.tokens_restored - brought_back,
        "memory": stats.tokens_from_memory,
        "shelf": stats.tokens_from_shelf,
    }
    return [
        *MetricFamily(
            "agent_memory_prompt_tokens_total",
            "counter",
            "Tokens of prompts by where their KV came from.",
            [({"source": source}, number) for source, number in sources.items()],
        ).lines(),
        *counter(
            "agent_memory_generated_tokens_total", "Tokens generated.", stats.tokens_generated
        ),
    ]


def _requests(stats: EngineStats) -> list[str]:
    outcomes = {
        "finished": stats.requests_finished,
        "cancelled": stats.requests_cancelled,
        "failed": stats.requests_failed,
    }
    return [
        *gauge("agent_memory_engine_running", "Answers under way.", stats.running),
        *gauge("agent_memory_engine_waiting", "Requests without a row yet.", stats.waiting),
        *MetricFamily(
            "agent_memory_engine_requests_total",
            "counter",
            "Requests by how they ended.",
            [({"outcome": outcome}, number) for outcome, number in outcomes.items()],
        ).lines(),
        *counter(
            "agent_memory_preemptions_total",
            "Answers that gave up their room for others, and went on later.",
            stats.requests_preempted,
        ),
        *counter("agent_memory_engine_steps_total", "Steps of the engine's loop.", stats.steps),
        *gauge(
            "agent_memory_engine_memory_bytes",
            "Memory that the device's allocator has handed out.",
            stats.active_bytes,
        ),
        *histogram(
            "agent_memory_engine_queue_seconds",
            "Time from a request's arrival at the engine until it has a row and its cached KV.",
            stats.queueing,
        ),
        *histogram(
            "agent_memory_engine_time_to_first_token_seconds",
            "Time from a request's arrival at the engine to its first token.",
            stats.first_token,
        ),
    ]


def _shelf(stats: EngineStats) -> list[str]:
    shelf = stats.shelf
    return [
        *histogram(
            "agent_memory_kv_restore_seconds",
            "Time to read and check one file of the shelf.",
            shelf.reading,
        ),
        *counter(
            "agent_memory_kv_restored_bytes_total",
            "Bytes of KV read from the shelf.",
            shelf.bytes_read,
        ),
        *histogram(
            "agent_memory_kv_write_behind_seconds",
            "Time to write one file of the shelf, to the disk itself.",
            shelf.writing,
        ),
        *counter(
            "agent_memory_kv_written_bytes_total",
            "Bytes of KV written to the shelf.",
            shelf.bytes_written,
        ),
    ]


def _by_tier(
    name: str,
    help_text: str,
    resident: float,
    memory: float,
    shelf: float,
    kind: str = "gauge",
) -> list[str]:
    tiers = {Location.RESIDENT: resident, Location.MEMORY: memory, Location.SHELF: shelf}
    samples = [({"tier": tier.value}, number) for tier, number in tiers.items()]
    family = MetricFamily(name, "counter" if kind == "counter" else "gauge", help_text, samples)
    return family.lines()
