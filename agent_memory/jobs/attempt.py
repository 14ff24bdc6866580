"""One attempt at a job, from what was queued to what became of it."""

import asyncio
import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job

from agent_memory.errors import AgentMemoryError
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.ports import Queue
from agent_memory.jobs.retrying import is_for_good, pause_s
from agent_memory.jobs.spec import JobRun, Outcome, Spec
from agent_memory.json_value import Json

log = logging.getLogger(__name__)

_TIMESTAMP = "timestamp"
"""Values that the schedule adds to the arguments."""


class Attempts:
    """Runs the jobs of one kind and writes down what became of them."""

    def __init__(self, spec: Spec, queue: Queue) -> None:
        self._spec = spec
        self._queue = queue

    async def run(self, context: JobContext, /, **args: Json) -> None:
        """Called by the queue's library, which decides by what is raised here."""
        job = context.job
        job_no = job.id or 0
        extra = {"job": job_no, "kind": self._spec.kind, "num_attempts": job.attempts}
        log.info("job started", extra=extra)
        try:
            outcome = await self._do(job, args)
        except asyncio.CancelledError as error:
            if context.abort_reason() is AbortReason.USER_REQUEST:
                await self._queue.note_error(job_no, "Cancelled while it ran.")
                raise JobAborted from error
            raise
        except Exception as error:
            log.warning("job failed", extra=extra, exc_info=not isinstance(error, AgentMemoryError))
            await self._queue.note_error(job_no, describe(error))
            raise
        await self._queue.note_outcome(job_no, outcome)
        log.info("job done", extra={**extra, "outcome": dict(outcome)})

    async def _do(self, job: Job, args: Mapping[str, Json]) -> Outcome:
        job_no = job.id or 0
        told = {key: value for key, value in args.items() if key != _TIMESTAMP}
        name = told.pop("workspace_id", None)
        workspace = WorkspaceId(name) if isinstance(name, str) else None

        async def note(outcome: Outcome) -> None:
            await self._queue.note_outcome(job_no, outcome)

        async with asyncio.timeout(self._spec.timeout_s):
            return await self._spec.run(JobRun(job_no, job.attempts, note), workspace, told)


class RetryWithBackoff(BaseRetryStrategy):
    """Again, ever later, until the attempts are used up. What a shutdown cut off is not counted
    as anybody's failure and runs as soon as a worker is there."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        now = datetime.now(UTC)
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=now)
        if is_for_good(exception) or job.attempts + 1 >= self._spec.max_attempts:
            return None
        pause = pause_s(job.attempts, random.random())  # noqa: S311  no secret
        return RetryDecision(retry_at=now + timedelta(seconds=pause))


def describe(error: BaseException) -> str:
    """For people: our own errors say what they mean, others what they are."""
    if isinstance(error, AgentMemoryError):
        return str(error) or error.code
    if isinstance(error, TimeoutError):
        return "It took too long."
    return f"{type(error).__name__}: {error}"
