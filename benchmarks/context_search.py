"""How long does a search by words among many contexts take, without HTTP?

A database of its own is filled directly: contexts of sixty words, some frequent and most rare. Then
questions of three words are asked, each once, on the wall and in CPU time of this process and of
its database together, with and without a filter.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import psutil
import psycopg

from agent_memory.contexts.filter import Filter
from agent_memory.contexts.search import ContextQuery, SearchMode
from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.terms import index_terms
from agent_memory.store.contexts.search import NoModel
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import migrate
from agent_memory.store.stored_contexts import context_search
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import scratch_folder

WORKSPACE = WorkspaceId("bench")
NUM_WORDS, WORDS_OF_ONE, WORDS_OF_QUESTION = 20_000, 60, 3
BATCH = 5000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CONTEXTS = "contexts (workspace_id, key, lineage, version, tags, created_at, created_by)"
_VERSIONS = (
    "context_versions (workspace_id, lineage, version, key, cause, format, media_type, size, body,"
    " encoding, tags, metadata, made_at, made_by)"
)
_TEXTS = "context_texts (workspace_id, text_no, key, lineage, version, length)"
_POSTINGS = "context_postings (workspace_id, term, text_no, frequency, length)"


def main() -> None:
    arguments = _arguments()
    report = Report("context_search", __doc__, arguments)
    with scratch_folder() as folder:
        postgres = EmbeddedPostgres.start(folder / "postgres")
        try:
            migrate(postgres.url)
            report.say(f"filling {arguments.contexts} contexts")
            _fill(postgres.url, arguments.contexts)
            figures = asyncio.run(_ask(postgres, arguments.searches))
        finally:
            postgres.stop()
    report.table(["", "p50 ms", "p95 ms", "CPU ms"], [[name, *it] for name, it in figures.items()])
    report.write(figures)


def _fill(url: str, count: int) -> None:
    chance = random.Random(1)  # noqa: S311  not for secrets
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = agent_memory, public")
        connection.execute("INSERT INTO workspaces (workspace_id) VALUES (%s)", (WORKSPACE,))
        for begin in range(0, count, BATCH):
            texts = [
                (number, " ".join(words(chance, WORDS_OF_ONE)))
                for number in range(begin, min(count, begin + BATCH))
            ]
            _copy(connection, _CONTEXTS, (_context(number) for number, _ in texts))
            _copy(connection, _VERSIONS, (_version(number, text) for number, text in texts))
            terms = [(number, index_terms(text, context=_key(number))) for number, text in texts]
            lengths = ((WORKSPACE, no, _key(no), f"l{no}", 1, it.length) for no, it in terms)
            _copy(connection, _TEXTS, lengths)
            postings = (
                (WORKSPACE, term, no, frequency, it.length)
                for no, it in terms
                for term, frequency in it.frequencies.items()
            )
            _copy(connection, _POSTINGS, postings)
        connection.execute("ANALYZE")


def _copy(connection: psycopg.Connection, table: str, rows: Iterator[Sequence[object]]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _key(number: int) -> str:
    return f"corpus/{number}"


def _context(number: int) -> Sequence[object]:
    return (WORKSPACE, _key(number), f"l{number}", 1, _tags(number), NOW, "key_a")


def _version(number: int, text: str) -> Sequence[object]:
    form = ("put", "text", "text/plain", len(text), text.encode(), "plain")
    return (WORKSPACE, f"l{number}", 1, _key(number), *form, _tags(number), "{}", NOW, "key_a")


def _tags(number: int) -> list[str]:
    return ["rare"] if number % 1000 == 0 else []


def words(chance: random.Random, count: int) -> list[str]:
    """Some words are frequent and most are rare, as in a language."""
    return [f"w{int(NUM_WORDS ** chance.random())}" for _ in range(count)]


async def _ask(postgres: EmbeddedPostgres, count: int) -> dict[str, Sequence[float]]:
    database = Database(postgres.url, max_size=1)
    try:
        rare = Filter(tags=("rare",))
        return {
            "words": await _timed(database, postgres.pid, count, Filter()),
            "words, with a tag that one in 1,000 has": await _timed(
                database, postgres.pid, count, rare
            ),
        }
    finally:
        await database.close()


async def _timed(
    database: Database, pid: int | None, count: int, wanted: Filter
) -> Sequence[float]:
    chance = random.Random(2)  # noqa: S311  not for secrets
    search = context_search(database, (), NoModel())
    seconds: list[float] = []
    used = _cpu_of(pid)
    before = 0.0
    for number in range(count + 20):
        if number == 20:
            seconds, before = [], used()
        query = ContextQuery(" ".join(words(chance, WORDS_OF_QUESTION)), SearchMode.WORDS, wanted)
        asked_at = time.perf_counter()
        await search.search(WORKSPACE, query)
        seconds.append(time.perf_counter() - asked_at)
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return (1000 * cuts[9], 1000 * cuts[18], 1000 * (used() - before) / count)


def _cpu_of(pid: int | None) -> Callable[[], float]:
    """Of this process, and of the database's processes that live."""

    def used() -> float:
        database = [] if pid is None else psutil.Process(pid).children(recursive=True)
        times = [process.cpu_times() for process in (psutil.Process(), *database)]
        return float(sum(it.user + it.system for it in times))

    return used


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contexts", type=int, default=100_000)
    parser.add_argument("--searches", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
