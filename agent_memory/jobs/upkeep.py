"""The server's own jobs: what is due in which workspace, and what can be forgotten."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from agent_memory.errors import EmbeddingRefused
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.ports import EndedJobs, PastJobs, TextEmbedder, Vectors
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.service.jobs import ONE_AT_A_TIME
from agent_memory.memory.vectors.stored_space import SpaceState, StoredSpace
from agent_memory.work.job import JobKind, NewJob
from agent_memory.work.registry import PERIODS

ENDED_KEPT = timedelta(days=3)
DEAD_KEPT = timedelta(days=30)


def due_kinds(
    kinds: Sequence[JobKind], last_queued: Mapping[str, datetime], now: datetime
) -> list[JobKind]:
    """Those of `kinds` whose last time is long enough ago, or that never were."""
    return [
        kind
        for kind in kinds
        if kind in PERIODS and (kind not in last_queued or now - last_queued[kind] >= PERIODS[kind])
    ]


def needs_vectors(spaces: Sequence[StoredSpace], wanted_id: str) -> bool:
    """Some item lacks a vector that it should have, or questions are asked in an old space."""
    serving = next((space for space in spaces if space.state is SpaceState.SERVING), None)
    return serving is None or serving.space_id != wanted_id or serving.num_missing > 0


class PlanUpkeep:
    """Queues in each workspace what is due. Jobs that wait already are not queued again."""

    def __init__(
        self,
        kinds: Sequence[JobKind],
        jobs: PastJobs,
        vectors: Vectors,
        embedder: TextEmbedder,
        clock: Callable[[], datetime],
    ) -> None:
        """kinds: those that this server can run."""
        self._kinds = kinds
        self._jobs = jobs
        self._vectors = vectors
        self._embedder = embedder
        self._clock = clock

    async def do(self, run: JobRun) -> Outcome:
        del run
        num_queued = 0
        workspaces = await self._jobs.list_workspaces()
        for workspace in workspaces:
            for kind in await self._due(workspace):
                await self._jobs.enqueue_job(workspace, NewJob(kind, once=ONE_AT_A_TIME))
                num_queued += 1
        return {"num_workspaces": len(workspaces), "num_queued": num_queued}

    async def _due(self, workspace: WorkspaceId) -> list[JobKind]:
        last_queued = await self._jobs.last_queued(workspace)
        due = due_kinds(self._kinds, last_queued, self._clock())
        if await self._lacks_vectors(workspace):
            due.append(JobKind.EMBED_ITEMS)
        return due

    async def _lacks_vectors(self, workspace: WorkspaceId) -> bool:
        try:
            wanted = self._embedder.space
        except EmbeddingRefused:
            return False
        return needs_vectors(await self._vectors.list_spaces(workspace), wanted.space_id)


class ForgetJobs:
    """Drops jobs that ended long ago; dead ones are kept for longer, to be looked into."""

    def __init__(self, ended: EndedJobs, clock: Callable[[], datetime]) -> None:
        self._ended = ended
        self._clock = clock

    async def do(self, run: JobRun) -> Outcome:
        del run
        now = self._clock()
        return {"num_jobs": await self._ended.forget_jobs(now - ENDED_KEPT, now - DEAD_KEPT)}
