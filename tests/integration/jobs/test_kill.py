"""Workers that are killed in the middle of a thousand jobs lose and double nothing."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore, enqueue_job
from tests.integration.jobs.effects import WORKSPACE, effect_job

NUM_JOBS = 1000
NUM_KILLS = 4
TIMEOUT_S = 120.0
STATES = "SELECT status::text, count(*) FROM agent_memory_jobs.procrastinate_jobs GROUP BY status"


@contextmanager
def worker(url: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen((sys.executable, "-m", "tests.integration.jobs.effects", url))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def count(url: str, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM agent_memory.{}").format(sql.Identifier(table))
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def wait_for(url: str, num_effects: int) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while count(url, "effects") < num_effects:
        assert time.monotonic() < deadline, f"{count(url, 'effects')} of {num_effects} done"
        time.sleep(0.02)


def states(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute(STATES.encode()).fetchall())


async def queue_all(database: Database) -> None:
    async with database.workspace(WORKSPACE) as transaction:
        for number in range(NUM_JOBS):
            await enqueue_job(transaction, effect_job(number))


async def test_killed_workers_lose_and_double_nothing(
    url: str, database: Database, jobs: JobStore
) -> None:
    await queue_all(database)

    for kill in range(1, NUM_KILLS + 1):
        with worker(url):
            wait_for(url, kill * NUM_JOBS // (NUM_KILLS + 2))
    left = states(url)
    assert left["doing"] > 0, "no worker was killed in the middle of a job"
    with worker(url), worker(url):
        wait_for(url, NUM_JOBS)
        deadline = time.monotonic() + TIMEOUT_S
        while states(url) != {"succeeded": NUM_JOBS}:
            assert time.monotonic() < deadline, states(url)
            await asyncio.sleep(0.1)

    assert count(url, "effects") == NUM_JOBS
    assert count(url, "attempts") >= NUM_JOBS
    page, _ = await jobs.list_jobs(WORKSPACE, limit=NUM_JOBS)
    told = [record.outcome["number"] for record in page if record.outcome is not None]
    assert sorted(told, key=str) == sorted(range(NUM_JOBS), key=str)
