"""How long do a write, a read, a search, a change's way to readers and an export of contexts take?

One server, over HTTP with a key, through HAProxy and Ray Serve. Writes and reads are of 1 KB, one
after the other, with the CPU of all its processes above what they use while nothing is asked; a
write is durable when it is answered. Then a corpus is written by the batch route, searched by
words, and exported. Readers of the feed are server-sent events: `--subscribers` hear of changes,
and `--idle` of none. etcd and Redis (`appendfsync always`) are asked the same beside it where they
are installed: `apt-get install etcd-server redis-server`.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import orjson
import psutil

from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.context_peers import etcd, redis
from benchmarks.harness.process_table import cpu_by_role
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import workplace

KILOBYTE = 1000
BATCH = 500
IDLE_LOOK_S = 10.0
NUM_WORDS = 20_000
WORDS_OF_ONE, WORDS_OF_QUESTION = 60, 3


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of many calls, and CPU of all processes for one."""

    p50: float
    p95: float
    p99: float
    cpu_ms: float | None = None

    @classmethod
    def of(cls, seconds: Sequence[float], cpu_s: float | None = None) -> "Timed":
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        p50, p95, p99 = (1000 * cuts[at - 1] for at in (50, 95, 99))
        return cls(p50, p95, p99, None if cpu_s is None else 1000 * cpu_s / len(seconds))


def main() -> None:
    arguments = _arguments()
    report = Report("contexts", __doc__, arguments)
    with workplace("llama") as place:
        home = place.folder / "data"
        with agent_memory_server(home, str(place.model)) as server:
            server.start()
            figures = asyncio.run(_measure(report, server, arguments))
        for name, peer in (("etcd", etcd), ("redis", redis)):
            if (found := peer(place.folder, arguments.calls, KILOBYTE)) is None:
                report.conclude(f"{name} is not installed: not measured")
            else:
                figures |= {f"{name} put": Timed.of(found.put), f"{name} get": Timed.of(found.get)}
    timed = {name: value for name, value in figures.items() if isinstance(value, Timed)}
    report.table(
        ["", "p50 ms", "p95 ms", "p99 ms", "CPU ms"],
        [[name, it.p50, it.p95, it.p99, it.cpu_ms] for name, it in timed.items()],
    )
    for name, value in figures.items():
        if name not in timed:
            report.conclude(f"{name}: {value}")
    report.write(figures)


async def _measure(
    report: Report, server: AgentMemoryServer, arguments: argparse.Namespace
) -> dict[str, object]:
    figures: dict[str, object] = {}
    async with httpx.AsyncClient(
        base_url=server.url, headers=dict(server.headers), timeout=600, trust_env=False
    ) as client:
        await asyncio.sleep(IDLE_LOOK_S)
        idle = await _idle_cores(server)
        report.say("writes and reads")
        body = {"data": "x" * KILOBYTE}

        async def put(number: int) -> None:
            (await client.put(f"/v1/contexts/bench/{number % 50}", json=body)).raise_for_status()

        async def get(number: int) -> None:
            (await client.get(f"/v1/contexts/bench/{number % 50}")).raise_for_status()

        figures["put 1 KB"] = await _timed(server, put, arguments.calls, idle)
        figures["get 1 KB"] = await _timed(server, get, arguments.calls, idle)
        report.say("changes to subscribers")
        figures["commit to event"] = await _delivery(client, arguments.subscribers)
        report.say("idle subscribers")
        figures |= await _idle_subscribers(client, server, arguments.idle)
        report.say("a corpus")
        figures |= await _corpus(client, arguments.corpus)
        report.say("searches")
        chance = random.Random(2)  # noqa: S311  not for secrets

        async def search(_: int) -> None:
            query = " ".join(_words(chance, WORDS_OF_QUESTION))
            asked = {"query": query, "mode": "words"}
            (await client.post("/v1/contexts/search", json=asked)).raise_for_status()

        for number in range(20):
            await search(number)
        figures["search by words"] = await _timed(server, search, arguments.searches, idle)
    return figures


async def _timed(
    server: AgentMemoryServer, do: Callable[[int], Awaitable[None]], count: int, idle: float
) -> Timed:
    for number in range(50):
        await do(number)
    before, began_at, seconds = server.family(), time.perf_counter(), []
    for number in range(count):
        asked_at = time.perf_counter()
        await do(number)
        seconds.append(time.perf_counter() - asked_at)
    passed = time.perf_counter() - began_at
    cpu_s = sum(cpu_by_role(before, server.family()).values()) - idle * passed
    return Timed.of(seconds, cpu_s)


async def _idle_cores(server: AgentMemoryServer) -> float:
    before = server.family()
    await asyncio.sleep(IDLE_LOOK_S)
    return sum(cpu_by_role(before, server.family()).values()) / IDLE_LOOK_S


async def _delivery(client: httpx.AsyncClient, num_subscribers: int) -> Timed:
    """From the answer to the writer, which comes after the commit, to each subscriber's hearing of
    the change: 0 where that was first."""
    heard: list[tuple[int, float]] = []
    answered: dict[int, float] = {}

    def take(told: Mapping[str, object]) -> None:
        heard.append((int(str(told["key"]).rpartition("/")[2]), time.perf_counter()))

    async with _subscribed(client, num_subscribers, "told/*", take):
        for number in range(50):
            await client.put(f"/v1/contexts/told/{number}", json={"data": number})
            answered[number] = time.perf_counter()
            await asyncio.sleep(0.2)
    return Timed.of([max(0.0, at - answered[number]) for number, at in heard])


async def _idle_subscribers(
    client: httpx.AsyncClient, server: AgentMemoryServer, count: int
) -> dict[str, object]:
    before = _memory(server)
    idle = await _idle_cores(server)
    async with _subscribed(client, count, "never/*", lambda _: None):
        more = _memory(server) - before
        cores = await _idle_cores(server) - idle
    return {
        f"MB of {count} idle subscribers": round(more / 1e6, 1),
        f"percent of a core of {count} idle subscribers": round(100 * cores, 1),
    }


@asynccontextmanager
async def _subscribed(
    client: httpx.AsyncClient,
    count: int,
    pattern: str,
    take: Callable[[Mapping[str, object]], None],
) -> AsyncIterator[None]:
    ready, limits = asyncio.Semaphore(0), httpx.Limits(max_connections=None)
    patience = httpx.Timeout(60, read=None)
    async with httpx.AsyncClient(
        base_url=client.base_url, headers=client.headers, timeout=patience, limits=limits
    ) as readers:

        async def read() -> None:
            async with readers.stream("GET", "/v1/contexts/changes", params={"key": pattern}) as it:
                it.raise_for_status()
                ready.release()
                async for line in it.aiter_lines():
                    if line.startswith("data: ") and "sequence" in line and "version" in line:
                        take(orjson.loads(line.removeprefix("data: ")))

        tasks = [asyncio.create_task(read()) for _ in range(count)]
        for _ in tasks:
            await ready.acquire()
        await asyncio.sleep(2)
        yield
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _corpus(client: httpx.AsyncClient, count: int) -> dict[str, object]:
    chance = random.Random(1)  # noqa: S311  not for secrets
    began_at = time.perf_counter()
    for start in range(0, count, BATCH):
        operations = [
            {"op": "put", "key": f"corpus/{number}", "data": " ".join(_words(chance, WORDS_OF_ONE))}
            for number in range(start, min(count, start + BATCH))
        ]
        answer = await client.post(
            "/v1/contexts/batch", json={"operations": operations, "atomic": True}
        )
        answer.raise_for_status()
    written_s = time.perf_counter() - began_at
    began_at, num_lines = time.perf_counter(), 0
    async with client.stream("GET", "/v1/contexts/export?prefix=corpus/") as exported:
        async for piece in exported.aiter_bytes():
            num_lines += piece.count(b"\n")
    exported_s = time.perf_counter() - began_at
    return {
        "contexts written a second (batches)": round(count / written_s),
        "contexts exported": num_lines,
        "contexts exported a second": round(num_lines / exported_s),
    }


def _words(chance: random.Random, count: int) -> list[str]:
    """Some words are frequent and most are rare, as in a language."""
    return [f"w{int(NUM_WORDS ** chance.random())}" for _ in range(count)]


def _memory(server: AgentMemoryServer) -> int:
    """Bytes that belong to its processes alone."""
    found = 0
    for pid in server.family():
        try:
            found += psutil.Process(pid).memory_full_info().uss
        except psutil.Error:
            continue
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000, help="writes, and reads")
    parser.add_argument("--corpus", type=int, default=100_000, help="contexts to search")
    parser.add_argument("--searches", type=int, default=300)
    parser.add_argument("--subscribers", type=int, default=200)
    parser.add_argument("--idle", type=int, default=1000, help="subscribers that hear nothing")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
