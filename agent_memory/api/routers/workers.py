"""Background work: its queues, its jobs and its schedule."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.schemas.workers import StartJobBody
from agent_memory.ids import JobId
from agent_memory.work.job import JobCount, JobQueue, JobRecord, JobState

router = APIRouter(prefix="/v1/workers", tags=["Workers"])

_JOB = {
    "id": "job_17",
    "kind": "embed_items",
    "queue": "embeddings",
    "args": {},
    "state": "succeeded",
    "is_cancelling": False,
    "num_attempts": 1,
    "created_at": "2026-01-01T00:00:00+00:00",
    "run_at": None,
    "started_at": "2026-01-01T00:00:00+00:00",
    "finished_at": "2026-01-01T00:00:02+00:00",
    "last_error": None,
    "outcome": {"num_embedded": 64},
}
_QUEUES = {
    "queues": {
        "embeddings": {
            "queued": 1,
            "running": 1,
            "succeeded": 12,
            "dead": 0,
            "cancelled": 0,
            "waits_s": 0.4,
        }
    }
}
_SCHEDULE = {
    "schedule": [
        {
            "kind": "plan_upkeep",
            "cron": "0,5,10,15,20,25,30,35,40,45,50,55 * * * *",
            "next_at": "2026-01-01T00:10:00+00:00",
            "last_at": "2026-01-01T00:05:00+00:00",
        }
    ],
    "workers": [{"worker_no": 1, "seen_at": "2026-01-01T00:06:58+00:00"}],
}


@router.get(
    "/queues/stats",
    summary="Count the jobs of each queue",
    responses=answers("Jobs of the workspace by queue and state.", _QUEUES),
)
async def queue_stats(request: Request) -> Response:
    """`waits_s`: for how long the first job that could run has been waiting."""
    call = await Call.open(request, Scope.MEMORY)
    counts = await call.surface.runtime.workers.counts(call.workspace)
    return json_answer({"queues": {queue.value: _queue_json(queue, counts) for queue in JobQueue}})


@router.post(
    "/jobs",
    status_code=202,
    summary="Start a job",
    openapi_extra=takes(StartJobBody, {"kind": "embed_items"}),
    responses=answers(
        "The job, queued; the one that waits already where there is one.", _JOB, status=202
    ),
)
async def start_job(request: Request) -> Response:
    """400 names the kinds there are when it is none of them."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(StartJobBody)
    record = await call.surface.runtime.workers.start(call.workspace, body.kind, body.args)
    return json_answer(_job_json(record), 202)


@router.get(
    "/jobs",
    summary="List the jobs",
    responses=answers("A page, newest first.", {"data": [_JOB], "next_cursor": None}),
)
async def list_jobs(
    request: Request,
    state: JobState | None = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Dead ones with `state=dead`. Ended jobs are kept for days, dead ones for a month."""
    call = await Call.open(request, Scope.MEMORY)
    page = await call.surface.runtime.workers.list(call.workspace, state, cursor, limit)
    return page_answer(page, _job_json)


@router.get("/jobs/{id}", summary="Describe one job", responses=answers("The job.", _JOB))
async def get_job(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """How it stands, why its last attempt failed, and what it has done."""
    call = await Call.open(request, Scope.MEMORY)
    return json_answer(_job_json(await call.surface.runtime.workers.get(call.workspace, JobId(id))))


@router.delete("/jobs/{id}", summary="Cancel a job", responses=answers("The job.", _JOB))
async def cancel_job(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """A running job is asked to stop, which it does within seconds; 409 when it has ended."""
    call = await Call.open(request, Scope.MEMORY)
    record = await call.surface.runtime.workers.cancel(call.workspace, JobId(id))
    return json_answer(_job_json(record))


@router.post(
    "/jobs/{id}/retry",
    status_code=202,
    summary="Run a job again",
    responses=answers("The job, queued.", _JOB, status=202),
)
async def retry_job(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """One that is dead or cancelled, its attempts counted from zero; 409 for any other."""
    call = await Call.open(request, Scope.MEMORY)
    record = await call.surface.runtime.workers.retry(call.workspace, JobId(id))
    return json_answer(_job_json(record), 202)


@router.get(
    "/scheduler/status",
    summary="Show the schedule and the workers",
    responses=answers("What is done again and again, and by whom.", _SCHEDULE),
)
async def scheduler_status(request: Request) -> Response:
    """The server's own schedule: it queues what is due in each workspace."""
    call = await Call.open(request, Scope.OPERATOR)
    status = await call.surface.runtime.workers.scheduler()
    return json_answer(
        {
            "schedule": [asdict(entry) for entry in status.schedule],
            "workers": [asdict(worker) for worker in status.workers],
        }
    )


def _queue_json(queue: JobQueue, counts: Sequence[JobCount]) -> dict[str, object]:
    here = {count.state: count for count in counts if count.queue == queue}
    numbers: dict[str, object] = {
        state.value: here[state].num_jobs if state in here else 0 for state in JobState
    }
    waiting = here.get(JobState.QUEUED)
    return {**numbers, "waits_s": 0.0 if waiting is None else round(waiting.waits_s, 3)}


def _job_json(record: JobRecord) -> dict[str, object]:
    fields = asdict(record)
    del fields["workspace_id"]
    return {"id": fields.pop("job_id"), **fields}
