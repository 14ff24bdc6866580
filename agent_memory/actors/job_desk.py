"""The jobs of a workspace for surfaces."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from agent_memory.ids import JobId, WorkspaceId
from agent_memory.jobs.forms import requested_job
from agent_memory.jobs.schedule import SCHEDULE
from agent_memory.json_value import Json
from agent_memory.store.jobs import JobStore
from agent_memory.work.job import JobCount, JobRecord, JobState, ScheduledJob, SchedulerStatus


class JobDesk:
    """Implements `api.runtime.Workers`."""

    def __init__(self, jobs: JobStore, clock: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._clock = clock

    async def start(self, workspace: WorkspaceId, kind: str, args: Mapping[str, Json]) -> JobRecord:
        job = await self._jobs.enqueue_job(workspace, requested_job(kind, args))
        return await self._jobs.get_job(workspace, job)

    async def get(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        return await self._jobs.get_job(workspace, job)

    async def list(
        self, workspace: WorkspaceId, state: JobState | None, cursor: str | None, limit: int
    ) -> tuple[Sequence[JobRecord], str | None]:
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
