"""How long does a recall take in a small and in a large workspace, with others beside it?

Made-up messages are copied into an embedded PostgreSQL: one workspace of `--items` that is asked,
`--others` of `--other-items` beside it, and one of 1,000 that is asked too, by words, by vectors
and by both. Measured is the search with the ranking, after a warm-up, by a clock on the wall and by
the processor time of this process and of the database's that serves it: where other programs run,
only the latter tells what the work costs. Embedding the question is not part of it
(`benchmarks/embedding.py`). In a large workspace only the rarest words of a question are looked
up, and vectors through an index; the agreement is the share of the ten best that are the same when
all words are.

With `--folder` the database stays there, and is measured again by the next run without being
filled.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
import psycopg

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.search.recalled import Candidates, Embedding, Query
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
    """Milliseconds for each question. by: "words", "vectors" or both. cpu: of this process and of
    the database's together; own and database: the mean of each."""

    workspace: str
    by: str
    num_items: int
    p50_ms: float
    p95_ms: float
    cpu_p50_ms: float
    cpu_p95_ms: float
    own_cpu_ms: float
    database_cpu_ms: float
    num_candidates: float
    num_degraded: int
    agreement: float | None


def main() -> None:
    arguments = _arguments()
    report = Report("recall_latency", __doc__, arguments)
    with _place(arguments.folder) as folder, embedded_database(folder / "database") as url:
        memory = SyntheticMemory.seeded(1)
        _fill(url, memory, arguments, report)
        memory = replace(memory, rng=np.random.default_rng(2))
        latencies = asyncio.run(_measure_all(url, memory, arguments, report))
    report.table(
        [
            "workspace",
            "by",
            "items",
            "p50 ms",
            "p95 ms",
            "CPU p50",
            "CPU p95",
            "own CPU",
            "database CPU",
            "candidates",
            "agreement %",
        ],
        [
            [
                one.workspace,
                one.by,
                one.num_items,
                one.p50_ms,
                one.p95_ms,
                one.cpu_p50_ms,
                one.cpu_p95_ms,
                one.own_cpu_ms,
                one.database_cpu_ms,
                one.num_candidates,
                None if one.agreement is None else 100 * one.agreement,
            ]
            for one in latencies
        ],
    )
    report.write({"latencies": latencies})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000, help="of the large workspace")
    parser.add_argument("--others", type=int, default=10, help="workspaces beside it")
    parser.add_argument("--other-items", type=int, help="of each of them; as many by default")
    parser.add_argument("--folder", help="where the database stays after the run")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--limit", type=int, default=50, help="items recalled for a question")
    return parser.parse_args()


@contextmanager
def _place(folder: str | None) -> Iterator[Path]:
    if folder is not None:
        yield Path(folder)
        return
    with scratch_folder() as scratch:
        yield scratch


def _fill(url: str, memory: SyntheticMemory, arguments: argparse.Namespace, report: Report) -> None:
    """Unless an earlier run has done so."""
    began_at = time.perf_counter()
    other_items = arguments.other_items or arguments.items
    sizes = {SMALL: NUM_SMALL, LARGE: arguments.items}
    sizes |= {WorkspaceId(f"other{number}"): other_items for number in range(arguments.others)}
    with psycopg.connect(url) as connection:
        for workspace, num in sizes.items():
            if _num_items(connection, workspace) == num:
                continue
            fill(connection, memory, workspace, num)
            connection.commit()
            report.say(f"{workspace} filled after {time.perf_counter() - began_at:.0f} s")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    report.say(f"vacuumed after {time.perf_counter() - began_at:.0f} s")


def _num_items(connection: psycopg.Connection, workspace: WorkspaceId) -> int:
    row = connection.execute(
        "SELECT num_items FROM agent_memory.memory_statistics WHERE workspace_id = %s",
        (workspace,),
    ).fetchone()
    return 0 if row is None else int(row[0])


async def _measure_all(
    url: str, memory: SyntheticMemory, arguments: argparse.Namespace, report: Report
) -> list[Latency]:
    database = Database(url, max_size=1)
    try:
        indexes = VectorIndexStore(database)
        began_at = time.perf_counter()
        if await indexes.ensure_index(LARGE, SPACE_ID):
            report.say(f"vectors indexed in {time.perf_counter() - began_at:.0f} s")
        queries = _queries(memory, arguments.questions, arguments.limit)
        return [
            await _measure(database, workspace, num, by, asked)
            for workspace, num in ((SMALL, NUM_SMALL), (LARGE, arguments.items))
            for by, asked in queries.items()
        ]
    finally:
        await database.close()


async def _measure(
    database: Database, workspace: WorkspaceId, num_items: int, by: str, queries: Sequence[Query]
) -> Latency:
    search = SearchStore(database)
    for query in queries[: len(queries) // 4]:
        await _recall(search, workspace, query)
    processes = (os.getpid(), await _backend(database))
    walls, cpu = [], []
    found: list[Candidates] = []
    for query in queries:
        began_at, used = time.perf_counter(), [_cpu_s(process) for process in processes]
        found.append(await _recall(search, workspace, query))
        walls.append(1000 * (time.perf_counter() - began_at))
        cpu.append(
            [1000 * (_cpu_s(process) - at) for process, at in zip(processes, used, strict=True)]
        )
    p50, p95 = np.percentile(walls, [50, 95]).tolist()
    cpu_p50, cpu_p95 = np.percentile(np.sum(cpu, axis=1), [50, 95]).tolist()
    own, foreign = np.mean(cpu, axis=0).tolist()
    has_words = any(query.text for query in queries)
    return Latency(
        workspace=workspace,
        by=by,
        num_items=num_items,
        p50_ms=p50,
        p95_ms=p95,
        cpu_p50_ms=cpu_p50,
        cpu_p95_ms=cpu_p95,
        own_cpu_ms=own,
        database_cpu_ms=foreign,
        num_candidates=float(np.mean([len(one.found) for one in found])),
        num_degraded=sum(one.is_degraded for one in found),
        agreement=await _agreement(database, workspace, queries[:_NUM_COMPARED])
        if has_words
        else None,
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


def _queries(memory: SyntheticMemory, num: int, limit: int) -> dict[str, Sequence[Query]]:
    both = [
        Query(
            text=text,
            now=_NOW,
            embedding=Embedding(SPACE_ID, tuple(vector.tolist())),
            limit=limit,
        )
        for text, vector in zip(memory.questions(num), memory.vectors(num), strict=True)
    ]
    return {
        "words": [replace(query, embedding=None) for query in both],
        "vectors": [replace(query, text="") for query in both],
        "both": both,
    }


async def _backend(database: Database) -> int:
    """The process of the database that serves the one connection."""
    async with database.no_workspace() as transaction:
        return transaction.backend


def _cpu_s(process: int) -> float:
    """What a process has spent on a processor, on Linux by the scheduler's own count."""
    if sys.platform == "linux":
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    used = psutil.Process(process).cpu_times()
    return float(used.user + used.system)


if __name__ == "__main__":
    run(main)
