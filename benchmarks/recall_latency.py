"""How long does a recall take in a small and in a large workspace, with others beside it?

Made-up messages are copied into an embedded PostgreSQL: workspaces of `--items`, one that is asked
and `--others` beside it, and one of 1,000. Measured is the search with the ranking, after a
warm-up, by a clock on the wall and by the processor time of this process and of the database's:
where other programs run, only the latter tells what the work costs. In a large workspace only the
rarest words of a question are looked up; the agreement is the share of the ten best that are the
same when all are.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg

from agent_memory.ids import WorkspaceId
from agent_memory.memory.ranking import rank
from agent_memory.memory.recalled import Candidates, Embedding, Query
from agent_memory.store.database import Database
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.vector_index import VectorIndexStore
from agent_memory.testing.postgres import embedded_database
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.synthetic_memory import SPACE_ID, SyntheticMemory, fill
from benchmarks.harness.workplace import scratch_folder

SMALL = WorkspaceId("small")
LARGE = WorkspaceId("large")
NUM_SMALL = 1000
_NUM_COMPARED = 50
_ALL_POSTINGS = 1_000_000_000
_NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds for each question: of the wall, of this process, of the database's."""

    workspace: str
    num_items: int
    p50_ms: float
    p95_ms: float
    own_cpu_ms: float
    database_cpu_ms: float
    num_candidates: float
    num_degraded: int
    agreement: float


def main() -> None:
    arguments = _arguments()
    report = Report("recall_latency", __doc__, arguments)
    with scratch_folder() as folder, embedded_database(folder / "database") as url:
        memory = SyntheticMemory.seeded(1)
        _fill(url, memory, arguments.items, arguments.others, report)
        latencies = asyncio.run(_measure_all(url, memory, arguments, report))
    report.table(
        [
            "workspace",
            "items",
            "p50 ms",
            "p95 ms",
            "own CPU ms",
            "database CPU ms",
            "candidates",
            "agreement %",
        ],
        [
            [
                one.workspace,
                one.num_items,
                one.p50_ms,
                one.p95_ms,
                one.own_cpu_ms,
                one.database_cpu_ms,
                one.num_candidates,
                100 * one.agreement,
            ]
            for one in latencies
        ],
    )
    report.write({"latencies": latencies})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000, help="of a large workspace")
    parser.add_argument("--others", type=int, default=10, help="large workspaces beside it")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--limit", type=int, default=50, help="items recalled for a question")
    return parser.parse_args()


def _fill(url: str, memory: SyntheticMemory, num: int, num_others: int, report: Report) -> None:
    began_at = time.perf_counter()
    others = [WorkspaceId(f"other{number}") for number in range(num_others)]
    with psycopg.connect(url) as connection:
        for workspace in (SMALL, LARGE, *others):
            fill(connection, memory, workspace, NUM_SMALL if workspace is SMALL else num)
            connection.commit()
            report.say(f"{workspace} filled after {time.perf_counter() - began_at:.0f} s")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    report.say(f"vacuumed after {time.perf_counter() - began_at:.0f} s")


async def _measure_all(
    url: str, memory: SyntheticMemory, arguments: argparse.Namespace, report: Report
) -> list[Latency]:
    database = Database(url, max_size=1)
    try:
        indexes = VectorIndexStore(database)
        began_at = time.perf_counter()
        if await indexes.ensure_index(LARGE, SPACE_ID):
            report.say(f"vectors indexed in {time.perf_counter() - began_at:.0f} s")
        return [
            await _measure(database, memory, workspace, num, arguments)
            for workspace, num in ((SMALL, NUM_SMALL), (LARGE, arguments.items))
        ]
    finally:
        await database.close()


async def _measure(
    database: Database,
    memory: SyntheticMemory,
    workspace: WorkspaceId,
    num_items: int,
    arguments: argparse.Namespace,
) -> Latency:
    search = SearchStore(database)
    queries = _queries(memory, arguments.questions, arguments.limit)
    for query in queries[: len(queries) // 4]:
        await _recall(search, workspace, query)
    backend = await _backend(database)
    walls: list[float] = []
    found: list[Candidates] = []
    own, foreign = time.process_time(), _cpu_s(backend)
    for query in queries:
        began_at = time.perf_counter()
        found.append(await _recall(search, workspace, query))
        walls.append(1000 * (time.perf_counter() - began_at))
    own, foreign = time.process_time() - own, _cpu_s(backend) - foreign
    p50, p95 = np.percentile(walls, [50, 95]).tolist()
    return Latency(
        workspace=workspace,
        num_items=num_items,
        p50_ms=p50,
        p95_ms=p95,
        own_cpu_ms=1000 * own / len(queries),
        database_cpu_ms=1000 * foreign / len(queries),
        num_candidates=float(np.mean([len(one.found) for one in found])),
        num_degraded=sum(one.is_degraded for one in found),
        agreement=await _agreement(database, workspace, queries[:_NUM_COMPARED]),
    )


async def _agreement(database: Database, workspace: WorkspaceId, queries: Sequence[Query]) -> float:
    usual = SearchStore(database)
    thorough = SearchStore(database, timeout_s=60, max_postings=_ALL_POSTINGS)
    shares = []
    for query in queries:
        best = []
        for search in (usual, thorough):
            found = (await search.search(workspace, query)).found
            best.append({one.item.item_id for one in rank(found, query)[:10]})
        shares.append(len(best[0] & best[1]) / max(1, len(best[1])))
    return float(np.mean(shares))


async def _recall(search: SearchStore, workspace: WorkspaceId, query: Query) -> Candidates:
    candidates = await search.search(workspace, query)
    rank(candidates.found, query)
    return candidates


def _queries(memory: SyntheticMemory, num: int, limit: int) -> Sequence[Query]:
    return [
        Query(
            text=text,
            now=_NOW,
            embedding=Embedding(SPACE_ID, tuple(vector.tolist())),
            limit=limit,
        )
        for text, vector in zip(memory.questions(num), memory.vectors(num), strict=True)
    ]


async def _backend(database: Database) -> int:
    """The process of the database that serves the one connection."""
    async with database.no_workspace() as transaction:
        return transaction.backend


def _cpu_s(process: int) -> float:
    """What a process has spent on a processor, by the scheduler's own count."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


if __name__ == "__main__":
    run(main)
