"""The jobs of a workspace for surfaces."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from agent_memory.ids import JobId, WorkspaceId
from agent_memory.jobs.forms import requested_job
from agent_memory.json_value import Json
from agent_memory.pages import Page
from agent_memory.work.job import (
    JobCount,
    JobKind,
    JobRecord,
    JobState,
    JobWorker,
    NewJob,
    ScheduledJob,
    SchedulerStatus,
)
from agent_memory.work.registry import SCHEDULE


class JobRecords(Protocol):
    """The jobs of workspaces as they stand."""

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId: ...

    async def get_job(self, workspace: WorkspaceId, job: JobId) -> JobRecord: ...

    async def list_jobs(
        self,
        workspace: WorkspaceId,
        state: JobState | None,
        kind: JobKind | None,
        cursor: str | None,
        limit: int,
    ) -> Page[JobRecord]: ...

    async def cancel_job(self, workspace: WorkspaceId, job: JobId) -> JobRecord: ...

    async def retry_job(self, workspace: WorkspaceId, job: JobId) -> JobRecord: ...

    async def count_jobs(self, workspace: WorkspaceId) -> Sequence[JobCount]: ...

    async def last_scheduled(self) -> Mapping[str, datetime]: ...

    async def list_workers(self) -> Sequence[JobWorker]: ...


class JobDesk:
    """Implements `api.runtime.Workers`."""

    def __init__(self, jobs: JobRecords, clock: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._clock = clock

    async def start(self, workspace: WorkspaceId, kind: str, args: Mapping[str, Json]) -> JobRecord:
        job = await self._jobs.enqueue_job(workspace, requested_job(kind, args))
        return await self._jobs.get_job(workspace, job)

    async def get(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        return await self._jobs.get_job(workspace, job)

    async def list(
        self, workspace: WorkspaceId, state: JobState | None, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        return await self._jobs.list_jobs(workspace, state, None, cursor, limit)

    async def cancel(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        return await self._jobs.cancel_job(workspace, job)

    async def retry(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        return await self._jobs.retry_job(workspace, job)

    async def counts(self, workspace: WorkspaceId) -> Sequence[JobCount]:
        return await self._jobs.count_jobs(workspace)

    async def scheduler(self) -> SchedulerStatus:
        last, now = await self._jobs.last_scheduled(), self._clock()
        schedule = tuple(
            ScheduledJob(kind, period.cron, period.next_at(now), last.get(kind))
            for kind, period in SCHEDULE.items()
        )
        return SchedulerStatus(schedule, tuple(await self._jobs.list_workers()))
