"""Jobs in a dictionary, which nobody runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import JobId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.pages import Page
from agent_memory.work.job import (
    JobCount,
    JobKind,
    JobRecord,
    JobState,
    JobWorker,
    ScheduledJob,
    SchedulerStatus,
)
from agent_memory.work.registry import queue_of

AT = datetime(2026, 1, 1, tzinfo=UTC)
_OPEN = (JobState.QUEUED, JobState.RUNNING)


class DictWorkers:
    """Implements `api.runtime.Workers`; any kind may be started."""

    def __init__(self) -> None:
        self.records: dict[tuple[WorkspaceId, JobId], JobRecord] = {}

    async def start(self, workspace: WorkspaceId, kind: str, args: Mapping[str, Json]) -> JobRecord:
        if kind not in set(JobKind):
            raise InvalidRequest(f"No job '{kind}' can be started.", "kind")
        record = JobRecord(
            job_id=JobId(f"job_{len(self.records) + 1}"),
            workspace_id=workspace,
            kind=kind,
            queue=queue_of(JobKind(kind)),
            args=args,
            state=JobState.QUEUED,
            is_cancelling=False,
            num_attempts=0,
            created_at=AT,
        )
        self.records[workspace, record.job_id] = record
        return record

    def end(self, workspace: WorkspaceId, job: JobId, state: JobState) -> None:
        """As if a worker had run it."""
        self._put(workspace, job, state)

    async def get(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        try:
            return self.records[workspace, job]
        except KeyError:
            raise NotFound("job", job) from None

    async def list(
        self, workspace: WorkspaceId, state: JobState | None, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        records = [
            record
            for (owner, _), record in reversed(self.records.items())
            if owner == workspace and state in (None, record.state)
        ]
        start = int(cursor or 0)
        end = start + limit
        return Page(records[start:end], str(end) if end < len(records) else None)

    async def cancel(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        if (await self.get(workspace, job)).state not in _OPEN:
            raise Conflict("The job has already ended.")
        return self._put(workspace, job, JobState.CANCELLED)

    async def retry(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        if (await self.get(workspace, job)).state not in (JobState.DEAD, JobState.CANCELLED):
            raise Conflict("Only a dead or cancelled job can be run again.")
        return self._put(workspace, job, JobState.QUEUED)

    async def counts(self, workspace: WorkspaceId) -> Sequence[JobCount]:
        records, _ = await self.list(workspace, None, None, len(self.records) + 1)
        pairs = [(record.queue, record.state) for record in records]
        return [JobCount(queue, state, pairs.count((queue, state))) for queue, state in set(pairs)]

    async def scheduler(self) -> SchedulerStatus:
        return SchedulerStatus(
            (ScheduledJob(JobKind.PLAN_UPKEEP, "*/5 * * * *", AT, None),), (JobWorker(1, AT),)
        )

    def _put(self, workspace: WorkspaceId, job: JobId, state: JobState) -> JobRecord:
        record = replace(self.records[workspace, job], state=state)
        self.records[workspace, job] = record
        return record
