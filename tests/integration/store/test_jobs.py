"""Jobs in the database: queued with what causes them, seen by their workspace alone."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from agent_memory.errors import Conflict, InvalidRequest, InvariantBroken, NotFound
from agent_memory.ids import JobId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.jobs import JobStore, enqueue_job
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.work.job import JobCount, JobKind, JobState, NewJob
from tests.integration.store.conftest import ALPHA, BETA

EMBED = NewJob(JobKind.EMBED_ITEMS, once="all")
FETCH = "SELECT * FROM procrastinate_fetch_job_v2(NULL, %(worker_id)s)"
FINISH = "SELECT procrastinate_finish_job_v1(%(job_id)s, %(status)s, false)"
PUT_BACK = "SELECT procrastinate_retry_job_v2(%(job_id)s, now(), NULL, NULL, NULL)"
REGISTER = "SELECT * FROM procrastinate_register_worker_v1()"


class Worker:
    """Takes and ends jobs as the queue's library does."""

    def __init__(self, queue: JobQueueStore, worker_no: int) -> None:
        self._queue = queue
        self._worker_no = worker_no

    @classmethod
    async def register(cls, queue: JobQueueStore) -> "Worker":
        [row] = await queue.execute(REGISTER, {})
        assert isinstance(row["worker_id"], int)
        return cls(queue, row["worker_id"])

    async def take(self) -> int | None:
        [row] = await self._queue.execute(FETCH, {"worker_id": self._worker_no})
        assert row["id"] is None or isinstance(row["id"], int)
        return row["id"]

    async def finish(self, job_no: int, status: str = "succeeded") -> None:
        await self._queue.execute(FINISH, {"job_id": job_no, "status": status})

    async def put_back(self, job_no: int) -> None:
        await self._queue.execute(PUT_BACK, {"job_id": job_no})


@pytest.fixture
async def jobs(database: Database) -> JobStore:
    for workspace in (ALPHA, BETA):
        await WorkspaceStore(database).ensure_workspace(workspace)
    return JobStore(database)


@pytest.fixture
def queue(database: Database, url: str) -> JobQueueStore:
    return JobQueueStore(database, url)


@pytest.fixture
async def worker(jobs: JobStore, queue: JobQueueStore) -> Worker:
    return await Worker.register(queue)


async def test_a_job_is_queued_exactly_if_its_transaction_commits(
    jobs: JobStore, database: Database
) -> None:
    async def queue_and_fail() -> None:
        async with database.workspace(ALPHA) as transaction:
            await enqueue_job(transaction, EMBED)
            raise InvalidRequest("no")

    with pytest.raises(InvalidRequest):
        await queue_and_fail()
    assert await jobs.list_jobs(ALPHA) == ([], None)

    async with database.workspace(ALPHA) as transaction:
        job = await enqueue_job(transaction, EMBED)
    assert (await jobs.get_job(ALPHA, job)).state is JobState.QUEUED


async def test_a_job_is_told_as_it_was_given(jobs: JobStore) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    args: dict[str, Json] = {"note": "a\x00b", "list": [1, None, {"deep": True}]}

    job = await jobs.enqueue_job(ALPHA, NewJob(JobKind.CONSOLIDATE, args, run_at=at, priority=3))

    record = await jobs.get_job(ALPHA, job)
    assert (record.kind, record.queue) == ("consolidate", "upkeep")
    assert record.args == args
    assert record.run_at == at
    assert (record.num_attempts, record.started_at, record.finished_at) == (0, None, None)


async def test_no_workspace_sees_or_steers_the_jobs_of_another(
    jobs: JobStore, worker: Worker
) -> None:
    job = await jobs.enqueue_job(ALPHA, EMBED)

    assert await jobs.list_jobs(BETA) == ([], None)
    assert await jobs.count_jobs(BETA) == []
    for attempt in (jobs.get_job, jobs.cancel_job, jobs.retry_job):
        with pytest.raises(NotFound):
            await attempt(BETA, job)
    assert (await jobs.get_job(ALPHA, job)).state is JobState.QUEUED


async def test_the_tables_of_the_queue_are_closed_to_the_application(
    jobs: JobStore, url: str
) -> None:
    await jobs.enqueue_job(ALPHA, EMBED)
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'agent_memory_jobs'::regnamespace AND relkind = 'r'"
        ).fetchall()
        assert {str(name) for name, is_walled in tables if is_walled} == {
            "procrastinate_jobs",
            "procrastinate_events",
            "procrastinate_workers",
            "procrastinate_periodic_defers",
        }
        assert all(is_walled for _, is_walled in tables)
        connection.execute("SET ROLE agent_memory_app")
        connection.execute("SET search_path = agent_memory_jobs")
        connection.execute("SELECT set_config('app.workspace_id', 'beta', false)")
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
        for statement in (
            "UPDATE procrastinate_jobs SET priority = 9",
            "DELETE FROM procrastinate_jobs",
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')",
            "SELECT * FROM procrastinate_events",
            "SELECT * FROM procrastinate_workers",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL(statement))


async def test_without_a_workspace_no_job_is_queued(jobs: JobStore, database: Database) -> None:
    with pytest.raises(InvariantBroken, match="needs a workspace"):
        await jobs.enqueue_job(WorkspaceId(""), EMBED)
    with pytest.raises(Conflict):
        await jobs.enqueue_job(WorkspaceId("never_made"), EMBED)


async def test_of_jobs_that_need_running_once_one_waits(jobs: JobStore) -> None:
    first = await jobs.enqueue_job(ALPHA, EMBED)

    assert await jobs.enqueue_job(ALPHA, EMBED) == first
    assert await jobs.enqueue_job(ALPHA, NewJob(JobKind.EMBED_ITEMS, once="other")) != first
    assert await jobs.enqueue_job(ALPHA, NewJob(JobKind.EMBED_ITEMS)) != first
    assert await jobs.enqueue_job(BETA, EMBED) != first


async def test_many_at_once_queue_one(jobs: JobStore) -> None:
    queued = await asyncio.gather(*(jobs.enqueue_job(ALPHA, EMBED) for _ in range(20)))

    assert len(set(queued)) == 1


async def test_a_waiting_job_is_held_back_until_what_it_is_for_is_committed(
    jobs: JobStore, database: Database, worker: Worker
) -> None:
    await jobs.enqueue_job(ALPHA, EMBED)

    async with database.workspace(ALPHA) as transaction:
        await enqueue_job(transaction, EMBED)
        assert await worker.take() is None

    assert await worker.take() is not None


async def test_what_comes_while_a_job_runs_is_for_the_next(jobs: JobStore, worker: Worker) -> None:
    first = await jobs.enqueue_job(ALPHA, EMBED)
    running = await worker.take()

    second = await jobs.enqueue_job(ALPHA, EMBED)

    assert second != first
    assert await worker.take() is None  # one after the other
    assert running is not None
    await worker.finish(running)
    assert f"job_{await worker.take()}" == second


async def test_a_job_put_back_gives_way_to_one_that_waits(jobs: JobStore, worker: Worker) -> None:
    first = await jobs.enqueue_job(ALPHA, EMBED)
    running = await worker.take()
    second = await jobs.enqueue_job(ALPHA, EMBED)

    assert running is not None
    await worker.put_back(running)

    assert (await jobs.get_job(ALPHA, first)).state is JobState.CANCELLED
    assert f"job_{await worker.take()}" == second


async def test_a_job_is_timed_and_says_what_it_did(
    jobs: JobStore, queue: JobQueueStore, worker: Worker
) -> None:
    job = await jobs.enqueue_job(ALPHA, EMBED)
    job_no = await worker.take()
    assert job_no is not None
    running = await jobs.get_job(ALPHA, job)
    assert (running.state, running.finished_at) == (JobState.RUNNING, None)
    assert running.started_at is not None

    await queue.note_outcome(job_no, {"num_items": 3, "what": "a\x00b"})
    await queue.note_error(job_no, "it was\x00 hard")
    await worker.finish(job_no)

    done = await jobs.get_job(ALPHA, job)
    assert (done.state, done.num_attempts) == (JobState.SUCCEEDED, 1)
    assert done.finished_at is not None
    assert done.outcome == {"num_items": 3, "what": "a\x00b"}
    assert done.last_error == "it was\x00 hard"


async def test_a_dead_job_can_be_run_again(jobs: JobStore, worker: Worker) -> None:
    job = await jobs.enqueue_job(ALPHA, EMBED)
    with pytest.raises(Conflict, match="dead or cancelled"):
        await jobs.retry_job(ALPHA, job)
    job_no = await worker.take()
    assert job_no is not None
    await worker.finish(job_no, "failed")
    assert (await jobs.get_job(ALPHA, job)).state is JobState.DEAD

    again = await jobs.retry_job(ALPHA, job)

    assert (again.state, again.num_attempts) == (JobState.QUEUED, 0)
    assert await worker.take() == job_no


async def test_a_dead_job_is_not_run_again_beside_one_that_waits(
    jobs: JobStore, worker: Worker
) -> None:
    job = await jobs.enqueue_job(ALPHA, EMBED)
    job_no = await worker.take()
    assert job_no is not None
    await worker.finish(job_no, "failed")
    await jobs.enqueue_job(ALPHA, EMBED)

    with pytest.raises(Conflict, match="already waiting"):
        await jobs.retry_job(ALPHA, job)


async def test_a_queued_job_can_be_cancelled_and_a_running_one_is_asked_to_stop(
    jobs: JobStore, worker: Worker
) -> None:
    running = await jobs.enqueue_job(ALPHA, NewJob(JobKind.CONSOLIDATE))
    job_no = await worker.take()
    queued = await jobs.enqueue_job(ALPHA, NewJob(JobKind.CONSOLIDATE))

    assert (await jobs.cancel_job(ALPHA, queued)).state is JobState.CANCELLED
    stopping = await jobs.cancel_job(ALPHA, running)
    assert (stopping.state, stopping.is_cancelling) == (JobState.RUNNING, True)

    assert job_no is not None
    await worker.finish(job_no, "aborted")
    assert (await jobs.get_job(ALPHA, running)).state is JobState.CANCELLED
    with pytest.raises(Conflict, match="ended"):
        await jobs.cancel_job(ALPHA, running)


@pytest.mark.parametrize("job", ["", "job_", "job_x", "7", "job_-1", "job_999999999999999999999"])
async def test_what_names_no_job_is_not_found(jobs: JobStore, job: str) -> None:
    with pytest.raises(NotFound):
        await jobs.get_job(ALPHA, JobId(job))


async def test_jobs_are_listed_in_pages_newest_first(jobs: JobStore) -> None:
    queued = [await jobs.enqueue_job(ALPHA, NewJob(JobKind.CONSOLIDATE)) for _ in range(5)]

    first, cursor = await jobs.list_jobs(ALPHA, limit=3)
    rest, end = await jobs.list_jobs(ALPHA, cursor=cursor, limit=3)

    assert [record.job_id for record in (*first, *rest)] == queued[::-1]
    assert end is None
    assert (await jobs.list_jobs(ALPHA, state=JobState.DEAD))[0] == []
    assert len((await jobs.list_jobs(ALPHA, kind=JobKind.CONSOLIDATE))[0]) == 5
    with pytest.raises(InvalidRequest):
        await jobs.list_jobs(ALPHA, cursor="x")


async def test_jobs_are_counted_by_queue_and_state(jobs: JobStore, worker: Worker) -> None:
    for _ in range(3):
        await jobs.enqueue_job(ALPHA, NewJob(JobKind.CONSOLIDATE))
    await jobs.enqueue_job(BETA, EMBED)
    await worker.take()

    counts = await jobs.count_jobs(ALPHA)

    assert [(c.queue, c.state, c.num_jobs) for c in counts] == [
        ("upkeep", JobState.QUEUED, 2),
        ("upkeep", JobState.RUNNING, 1),
    ]
    assert counts[0].waits_s >= 0
    everything = await jobs.count_all_jobs()
    assert JobCount("embeddings", JobState.QUEUED, 1, everything[0].waits_s) in everything
    assert len(everything) == 3


async def test_jobs_that_ended_long_ago_are_forgotten(
    jobs: JobStore, queue: JobQueueStore, worker: Worker
) -> None:
    for status in ("succeeded", "failed"):
        await jobs.enqueue_job(ALPHA, EMBED)
        job_no = await worker.take()
        assert job_no is not None
        await worker.finish(job_no, status)
    await jobs.enqueue_job(ALPHA, EMBED)
    now = datetime.now(UTC) + timedelta(seconds=1)

    assert await queue.forget_jobs(now, now - timedelta(days=1)) == 1

    left, _ = await jobs.list_jobs(ALPHA)
    assert [record.state for record in left] == [JobState.QUEUED, JobState.DEAD]


async def test_a_queued_job_is_told_to_whoever_listens(
    jobs: JobStore, queue: JobQueueStore
) -> None:
    async def hear() -> tuple[str, str]:
        async for told in queue.notifications(["procrastinate_any_queue_v1"]):
            return told
        raise AssertionError

    waiting = asyncio.create_task(hear())
    await asyncio.sleep(0.2)

    await jobs.enqueue_job(ALPHA, EMBED)

    channel, payload = await asyncio.wait_for(waiting, 5)
    assert channel == "procrastinate_any_queue_v1"
    assert "job_inserted" in payload


async def test_all_workspaces_are_listed_for_upkeep(jobs: JobStore) -> None:
    assert set(await jobs.list_workspaces()) >= {ALPHA, BETA}


async def test_the_jobs_of_an_erased_workspace_are_gone(jobs: JobStore, url: str) -> None:
    await jobs.enqueue_job(BETA, EMBED)

    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM agent_memory.workspaces WHERE workspace_id = %s", (BETA,))

    assert await jobs.count_all_jobs() == []
