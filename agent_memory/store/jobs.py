"""The jobs of a workspace: queued in the transaction of what causes them, watched and steered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import JobId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.pages import Page
from agent_memory.store.database import Database
from agent_memory.store.memory.pages import check_limit, has_more
from agent_memory.store.memory.safe_json import escape_mapping, unescape_mapping
from agent_memory.store.safe_text import unescape
from agent_memory.store.transaction import Transaction
from agent_memory.work.job import (
    JobCount,
    JobKind,
    JobRecord,
    JobState,
    JobWorker,
    NewJob,
)
from agent_memory.work.registry import queue_of

_PREFIX = "job_"
_MAX_DIGITS = 18


async def enqueue_job(transaction: Transaction, job: NewJob) -> JobId:
    """Queue a job of the transaction's workspace: it is there exactly if the rest is.

    Where a job of the same `once` waits already, that one's id; it will not run before this
    transaction has ended, so that it sees what was written here.
    """
    number = await transaction.fetch_value(
        "enqueue_job",
        kind=job.kind,
        queue=queue_of(job.kind),
        args=orjson.dumps(escape_mapping(job.args)).decode(),
        once=job.once,
        run_at=job.run_at,
        priority=job.priority,
    )
    return JobId(f"{_PREFIX}{number}")


@dataclass(frozen=True, slots=True)
class _JobRow:
    job_no: int
    workspace_id: WorkspaceId
    kind: str
    queue: str
    args: dict[str, Json]
    state: str
    is_cancelling: bool
    num_attempts: int
    created_at: datetime
    run_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    last_error: str | None
    outcome: dict[str, Json] | None

    def record(self) -> JobRecord:
        return JobRecord(
            job_id=JobId(f"{_PREFIX}{self.job_no}"),
            workspace_id=self.workspace_id,
            kind=self.kind,
            queue=self.queue,
            args=unescape_mapping(self.args),
            state=JobState(self.state),
            is_cancelling=self.is_cancelling,
            num_attempts=self.num_attempts,
            created_at=self.created_at,
            run_at=self.run_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            last_error=None if self.last_error is None else unescape(self.last_error),
            outcome=None if self.outcome is None else unescape_mapping(self.outcome),
        )


@dataclass(frozen=True, slots=True)
class _CountRow:
    queue: str
    state: str
    num_jobs: int
    waits_s: float

    def count(self) -> JobCount:
        return JobCount(self.queue, JobState(self.state), self.num_jobs, self.waits_s)


@dataclass(frozen=True, slots=True)
class _ScheduledRow:
    kind: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class _WorkspaceRow:
    workspace_id: WorkspaceId


class JobStore:
    """Every method that names a workspace sees that one's jobs only; other ids are `NotFound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId:
        """Queue a job in a transaction of its own."""
        async with self._database.workspace(workspace) as transaction:
            return await enqueue_job(transaction, job)

    async def get_job(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_job", _JobRow, workspace_id=workspace, job_no=_number(job)
            )
        if row is None:
            raise NotFound("job", job)
        return row.record()

    async def list_jobs(
        self,
        workspace: WorkspaceId,
        state: JobState | None = None,
        kind: JobKind | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[JobRecord]:
        """Newest first, and the cursor of the next page."""
        check_limit(limit)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_jobs",
                _JobRow,
                workspace_id=workspace,
                state=state,
                kind=kind,
                before=None if cursor is None else _cursor(cursor),
                limit=limit + 1,
            )
        page = [row.record() for row in rows[:limit]]
        return Page(page, page[-1].job_id if has_more(rows, limit) else None)

    async def cancel_job(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        """Stop it, before it runs or while it does. `Conflict` when it has ended."""
        async with self._database.workspace(workspace) as transaction:
            is_cancelled = await transaction.fetch_value("cancel_job", job_no=_number(job))
        if is_cancelled is None:
            raise NotFound("job", job)
        if not is_cancelled:
            raise Conflict("The job has already ended.")
        return await self.get_job(workspace, job)

    async def retry_job(self, workspace: WorkspaceId, job: JobId) -> JobRecord:
        """Run it again, its attempts reset. `Conflict` unless it is dead or cancelled."""
        async with self._database.workspace(workspace) as transaction:
            match await transaction.fetch_value("retry_job", job_no=_number(job)):
                case None:
                    raise NotFound("job", job)
                case "not_ended":
                    raise Conflict("Only a dead or cancelled job can be run again.")
                case "waiting":
                    raise Conflict("A job that does the same is already waiting.")
                case _:
                    pass
        return await self.get_job(workspace, job)

    async def count_jobs(self, workspace: WorkspaceId) -> Sequence[JobCount]:
        """Jobs by queue and state; what there is none of is left out."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all("count_jobs", _CountRow, workspace_id=workspace)
        return [row.count() for row in rows]

    async def count_all_jobs(self) -> Sequence[JobCount]:
        """The same for all workspaces and the server's own jobs."""
        async with self._database.no_workspace() as transaction:
            rows = await transaction.fetch_all("count_all_jobs", _CountRow)
        return [row.count() for row in rows]

    async def list_workers(self) -> Sequence[JobWorker]:
        async with self._database.no_workspace() as transaction:
            return await transaction.fetch_all("list_job_workers", JobWorker)

    async def last_scheduled(self) -> dict[str, datetime]:
        """When each kind of the schedule was last queued."""
        async with self._database.no_workspace() as transaction:
            rows = await transaction.fetch_all("list_scheduled_jobs", _ScheduledRow)
        return {row.kind: row.queued_at for row in rows}

    async def last_queued(self, workspace: WorkspaceId) -> dict[str, datetime]:
        """When a job of each kind was last queued, as far as jobs are kept."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_last_jobs", _ScheduledRow, workspace_id=workspace
            )
        return {row.kind: row.queued_at for row in rows}

    async def list_workspaces(self) -> Sequence[WorkspaceId]:
        async with self._database.no_workspace() as transaction:
            rows = await transaction.fetch_all("list_workspaces", _WorkspaceRow)
        return [row.workspace_id for row in rows]


def _number(job: JobId) -> int:
    digits = job.removeprefix(_PREFIX)
    if digits == job or not _is_number(digits):
        raise NotFound("job", job)
    return int(digits)


def _cursor(text: str) -> int:
    digits = text.removeprefix(_PREFIX)
    if not _is_number(digits):
        raise InvalidRequest("The cursor is not valid; use next_cursor.", "cursor")
    return int(digits)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
