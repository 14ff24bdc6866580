"""What does it cost to fork a session?

One session takes a long message and then is forked many times. Measured are the time of a fork, the
CPU time of the engine's process per fork above its use while idle, the bytes of KV that the forks
add before they speak, and what the first turn of a fork finds cached and adds. The model is the
bundled one.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

import httpx
from prometheus_client.parser import text_string_to_metric_families

from agent_memory import bundled
from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.process_table import cpu_by_role
from benchmarks.harness.prompts import PromptMaker
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import scratch_folder

AIM_ENGINE_MS = 5
ENGINE = "ray::BatchEngineActor"
IDLE_S = 10.0
SOURCE = "forked"
BLOCK_SIZE = 256


@dataclass(frozen=True, slots=True)
class Measured:
    """fork_s: each fork as the client sees it. added: bytes of KV by tier."""

    fork_s: list[float]
    engine_s_per_fork: float
    added_by_forks: Mapping[str, float]
    added_by_first_turn: Mapping[str, float]
    block_bytes: float
    num_prompt: int
    num_cached: int


def main() -> None:
    arguments = _arguments()
    report = Report("fork_cost", __doc__, arguments)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        server = stack.enter_context(agent_memory_server(folder / "data", str(bundled.path())))
        server.start()
        measured = asyncio.run(_measure(server, arguments))
    _show(report, measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=1500, help="tokens of the first message")
    parser.add_argument("--forks", type=int, default=50)
    return parser.parse_args()


async def _measure(server: AgentMemoryServer, arguments: argparse.Namespace) -> Measured:
    prompts = PromptMaker(0)
    async with httpx.AsyncClient(
        base_url=server.url, headers=server.headers, timeout=600, trust_env=False
    ) as client:
        await client.post("/v1/agents", json={"session_id": SOURCE})
        asked = await _turn(client, SOURCE, prompts.text(arguments.length))
        await client.post(f"/v1/agents/{SOURCE}/fork", json={"session_id": "first"})
        idle = server.family()
        await asyncio.sleep(IDLE_S)
        before, kv_before = server.family(), await _kv_bytes(client)
        begun_at = time.perf_counter()
        fork_s = [await _fork(client, f"fork-{at}") for at in range(arguments.forks)]
        passed_s = time.perf_counter() - begun_at
        after, kv_forked = server.family(), await _kv_bytes(client)
        usage = await _turn(client, "fork-0", prompts.text(16))
        kv_spoken = await _kv_bytes(client)
    num_source = asked["prompt_tokens"] + asked["completion_tokens"]
    idle_share = cpu_by_role(idle, before)[ENGINE] / IDLE_S
    spent = cpu_by_role(before, after)[ENGINE] - idle_share * passed_s
    return Measured(
        fork_s,
        spent / arguments.forks,
        _difference(kv_before, kv_forked),
        _difference(kv_forked, kv_spoken),
        kv_before["shelf"] / num_source * BLOCK_SIZE,
        usage["prompt_tokens"],
        usage["cached_tokens"],
    )


async def _fork(client: httpx.AsyncClient, name: str) -> float:
    begun_at = time.perf_counter()
    response = await client.post(f"/v1/agents/{SOURCE}/fork", json={"session_id": name})
    response.raise_for_status()
    return time.perf_counter() - begun_at


async def _turn(client: httpx.AsyncClient, session: str, text: str) -> Mapping[str, int]:
    body = {"message": text, "max_tokens": 4, "temperature": 0}
    response = await client.post(f"/v1/agents/{session}/turns", json=body)
    response.raise_for_status()
    usage: Mapping[str, int] = response.json()["usage"]
    return usage


async def _kv_bytes(client: httpx.AsyncClient) -> Mapping[str, float]:
    return {
        sample.labels["tier"]: sample.value
        for family in text_string_to_metric_families((await client.get("/metrics")).text)
        for sample in family.samples
        if sample.name == "agent_memory_kv_bytes"
    }


def _difference(before: Mapping[str, float], after: Mapping[str, float]) -> Mapping[str, float]:
    return {tier: after[tier] - before.get(tier, 0.0) for tier in after}


def _show(report: Report, measured: Measured) -> None:
    report.table(
        ["fork ms", "engine ms", "KV bytes", "its turn: prompt", "cached", "blocks on disk"],
        [
            [
                median(measured.fork_s) * 1000,
                measured.engine_s_per_fork * 1000,
                sum(measured.added_by_forks.values()),
                measured.num_prompt,
                measured.num_cached,
                measured.added_by_first_turn["shelf"] / measured.block_bytes,
            ]
        ],
    )
    report.conclude(f"Aim: at most {AIM_ENGINE_MS} ms of the engine, at most one block of bytes.")
    report.write({"measured": measured})


if __name__ == "__main__":
    run(main)
