"""The worker against a real queue."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
import pytest

from agent_memory.errors import EmbeddingUnavailable, InvalidRequest
from agent_memory.ids import JobId, WorkspaceId
from agent_memory.jobs import attempt
from agent_memory.jobs.forms import JobForm, NoArgs
from agent_memory.jobs.spec import JobRun, JobSpec, Outcome, ServerJobSpec, Spec
from agent_memory.jobs.worker import JobWorker, Pace
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.jobs import JobStore
from agent_memory.work.job import JobKind, JobRecord, JobState, NewJob
from agent_memory.work.period import Period
from tests.integration.jobs.effects import FAST, WORKSPACE

FORM = JobForm(JobKind.CONSOLIDATE, NoArgs)
JOB = NewJob(JobKind.CONSOLIDATE)
TIMEOUT_S = 20.0

Do = Callable[[JobRun, WorkspaceId, NoArgs], Awaitable[Outcome]]


@dataclass
class Scripted:
    """Does what it is told, attempt by attempt: fails, or succeeds once `may_finish` is set.

    `has_begun` is set once a run that does not fail has left its note.
    """

    failures: list[Exception] = field(default_factory=list)
    may_finish: asyncio.Event = field(default_factory=asyncio.Event)
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    num_runs: int = 0

    def __post_init__(self) -> None:
        self.may_finish.set()

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        assert (workspace, args) == (WORKSPACE, NoArgs())
        self.num_runs += 1
        if self.failures:
            raise self.failures.pop(0)
        await run.note({"state": "waiting"})
        self.has_begun.set()
        await self.may_finish.wait()
        return {"num_attempts": run.num_attempts}


@asynccontextmanager
async def working(
    queue: JobQueueStore, specs: Sequence[Spec], pace: Pace = FAST, **schedule: Period
) -> AsyncIterator[JobWorker]:
    periods = {JobKind(kind): period for kind, period in schedule.items()}
    worker = JobWorker(specs, queue, periods, pace)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        await worker.drain(0.0)
        await running


async def wait_until(jobs: JobStore, job: JobId, state: JobState) -> JobRecord:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            record = await jobs.get_job(WORKSPACE, job)
            if record.state is state:
                return record
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "pause_s", lambda *_: 0.0)


async def test_a_job_is_done_and_says_what_it_did(jobs: JobStore, queue: JobQueueStore) -> None:
    async with working(queue, [JobSpec(FORM, Scripted().do)]):
        record = await wait_until(jobs, await jobs.enqueue_job(WORKSPACE, JOB), JobState.SUCCEEDED)

    assert record.outcome == {"num_attempts": 0}
    assert record.last_error is None


async def test_a_failure_is_tried_again_and_remembered(
    jobs: JobStore, queue: JobQueueStore
) -> None:
    script = Scripted([EmbeddingUnavailable("away"), RuntimeError("a bug")])
    async with working(queue, [JobSpec(FORM, script.do)]):
        record = await wait_until(jobs, await jobs.enqueue_job(WORKSPACE, JOB), JobState.SUCCEEDED)

    assert record.outcome == {"num_attempts": 2}
    assert record.last_error == "RuntimeError: a bug"


async def test_a_job_that_fails_too_often_is_dead_until_somebody_retries_it(
    jobs: JobStore, queue: JobQueueStore
) -> None:
    script = Scripted([EmbeddingUnavailable("away")] * 3)
    async with working(queue, [JobSpec(FORM, script.do, max_attempts=3)]):
        job = await jobs.enqueue_job(WORKSPACE, JOB)
        dead = await wait_until(jobs, job, JobState.DEAD)
        assert (dead.num_attempts, dead.last_error, script.num_runs) == (3, "away", 3)

        await jobs.retry_job(WORKSPACE, job)
        await wait_until(jobs, job, JobState.SUCCEEDED)


async def test_what_cannot_succeed_is_dead_at_once(jobs: JobStore, queue: JobQueueStore) -> None:
    script = Scripted([InvalidRequest("no such thing")])
    async with working(queue, [JobSpec(FORM, script.do)]):
        dead = await wait_until(jobs, await jobs.enqueue_job(WORKSPACE, JOB), JobState.DEAD)

    assert (dead.last_error, script.num_runs) == ("no such thing", 1)


async def test_wrong_arguments_are_a_dead_job(jobs: JobStore, queue: JobQueueStore) -> None:
    async with working(queue, [JobSpec(FORM, Scripted().do)]):
        job = await jobs.enqueue_job(WORKSPACE, NewJob(JobKind.CONSOLIDATE, {"number": 1}))
        dead = await wait_until(jobs, job, JobState.DEAD)

    assert "args.number" in (dead.last_error or "")


async def test_an_attempt_that_takes_too_long_is_ended(
    jobs: JobStore, queue: JobQueueStore
) -> None:
    script = Scripted()
    script.may_finish.clear()
    async with working(queue, [JobSpec(FORM, script.do, max_attempts=1, timeout_s=0.1)]):
        dead = await wait_until(jobs, await jobs.enqueue_job(WORKSPACE, JOB), JobState.DEAD)

    assert dead.last_error == "It took too long."


async def test_a_running_job_can_be_cancelled(jobs: JobStore, queue: JobQueueStore) -> None:
    script = Scripted()
    script.may_finish.clear()
    async with working(queue, [JobSpec(FORM, script.do)]):
        job = await jobs.enqueue_job(WORKSPACE, JOB)
        await script.has_begun.wait()

        await jobs.cancel_job(WORKSPACE, job)

        record = await wait_until(jobs, job, JobState.CANCELLED)
    assert record.last_error == "Cancelled while it ran."
    assert record.outcome == {"state": "waiting"}


async def test_draining_waits_for_what_runs(jobs: JobStore, queue: JobQueueStore) -> None:
    script = Scripted()
    script.may_finish.clear()
    async with working(queue, [JobSpec(FORM, script.do)]) as worker:
        job = await jobs.enqueue_job(WORKSPACE, JOB)
        await script.has_begun.wait()
        draining = asyncio.create_task(worker.drain(TIMEOUT_S))
        await asyncio.sleep(0.1)
        waiting = await jobs.enqueue_job(WORKSPACE, JOB)
        assert not draining.done()

        script.may_finish.set()
        await draining

    assert (await jobs.get_job(WORKSPACE, job)).state is JobState.SUCCEEDED
    assert (await jobs.get_job(WORKSPACE, waiting)).state is JobState.QUEUED


async def test_what_does_not_finish_in_time_is_put_back_for_the_next_worker(
    jobs: JobStore, queue: JobQueueStore
) -> None:
    script = Scripted()
    script.may_finish.clear()
    specs = [JobSpec(FORM, script.do, max_attempts=1)]
    async with working(queue, specs) as worker:
        job = await jobs.enqueue_job(WORKSPACE, JOB)
        await script.has_begun.wait()
        await worker.drain(0.05)
    assert (await jobs.get_job(WORKSPACE, job)).state is JobState.QUEUED

    script.may_finish.set()
    async with working(queue, specs):
        await wait_until(jobs, job, JobState.SUCCEEDED)


async def test_the_schedule_queues_jobs_of_the_server(jobs: JobStore, queue: JobQueueStore) -> None:
    has_run = asyncio.Event()

    async def do(run: JobRun) -> Outcome:
        assert run.num_attempts == 0
        has_run.set()
        return {}

    spec = ServerJobSpec(JobKind.PLAN_UPKEEP, do)
    async with working(queue, [spec], plan_upkeep=Period(1)):
        await asyncio.wait_for(has_run.wait(), TIMEOUT_S)

        assert "plan_upkeep" in await jobs.last_scheduled()
        assert len(await jobs.list_workers()) == 2, "one of them for webhooks"


async def test_a_worker_outlives_a_database_that_goes_away(
    jobs: JobStore, queue: JobQueueStore, url: str
) -> None:
    async with working(queue, [JobSpec(FORM, Scripted().do)]):
        first = await jobs.enqueue_job(WORKSPACE, JOB)
        await wait_until(jobs, first, JobState.SUCCEEDED)

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'agent_memory' AND datname = current_database()"
            )

        second = await jobs.enqueue_job(WORKSPACE, JOB)
        await wait_until(jobs, second, JobState.SUCCEEDED)


async def test_receivers_that_do_not_answer_keep_no_other_job_waiting(
    queue: JobQueueStore, jobs: JobStore
) -> None:
    never = asyncio.Event()

    async def wait(run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, workspace, args
        await never.wait()
        return {}

    deliver = JobSpec(JobForm(JobKind.DELIVER_WEBHOOK, NoArgs), wait)
    other = Scripted()
    for _ in range(20):
        await jobs.enqueue_job(WORKSPACE, NewJob(JobKind.DELIVER_WEBHOOK, priority=9))
    async with working(queue, [deliver, JobSpec(FORM, other.do)]):
        job = await jobs.enqueue_job(WORKSPACE, JOB)
        await wait_until(jobs, job, JobState.SUCCEEDED)
        never.set()

    assert other.num_runs == 1
