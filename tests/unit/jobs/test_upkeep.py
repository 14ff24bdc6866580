"""The jobs that are due in each workspace."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from agent_memory.errors import EmbeddingRefused
from agent_memory.ids import JobId, WorkspaceId
from agent_memory.jobs.ports import Vectors
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.jobs.upkeep import ForgetJobs, PlanUpkeep, due_kinds
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.memory.vectors.stored_space import SpaceState, StoredSpace
from agent_memory.work.job import JobKind, NewJob
from agent_memory.work.registry import PERIODS

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ALPHA, BETA = WorkspaceId("alpha"), WorkspaceId("beta")
SPACE = EmbeddingSpace("minilm", "m", 3)
HOURLY = JobKind.EXPIRE


async def no_note(_: Outcome) -> None:
    raise AssertionError


RUN = JobRun(1, 0, no_note)


class Past:
    def __init__(self, **last: Mapping[str, datetime]) -> None:
        self.last = last
        self.queued: list[tuple[WorkspaceId, JobKind]] = []

    async def list_workspaces(self) -> Sequence[WorkspaceId]:
        return [WorkspaceId(name) for name in self.last]

    async def last_queued(self, workspace: WorkspaceId) -> Mapping[str, datetime]:
        return self.last[workspace]

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId:
        assert job.once is not None
        self.queued.append((workspace, job.kind))
        return JobId("job_1")


class Spaces:
    """`missing`: of each workspace's one space; a workspace that is not named has none."""

    def __init__(self, state: SpaceState = SpaceState.SERVING, **missing: int) -> None:
        self.state = state
        self.missing = missing

    async def list_spaces(self, workspace: WorkspaceId) -> Sequence[StoredSpace]:
        num_missing = self.missing.get(workspace)
        if num_missing is None:
            return []
        space = StoredSpace(SPACE.space_id, "minilm", "m", 3, self.state, NOW, 9, num_missing)
        return [space]


class Embedder:
    def __init__(self, space: EmbeddingSpace | None = SPACE) -> None:
        self._space = space

    @property
    def space(self) -> EmbeddingSpace:
        if self._space is None:
            raise EmbeddingRefused("off")
        return self._space

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded:
        raise NotImplementedError


def plan(past: Past, spaces: Spaces, embedder: Embedder | None = None) -> PlanUpkeep:
    vectors = cast("Vectors", spaces)
    return PlanUpkeep([HOURLY], past, vectors, embedder or Embedder(), lambda: NOW)


def test_a_kind_is_due_when_its_period_has_passed_or_it_never_was() -> None:
    last = {HOURLY.value: NOW - PERIODS[HOURLY]}
    assert due_kinds([HOURLY], last, NOW) == [HOURLY]
    assert due_kinds([HOURLY], {HOURLY.value: NOW - timedelta(minutes=59)}, NOW) == []
    assert due_kinds([HOURLY], {}, NOW) == [HOURLY]


def test_what_has_no_period_is_never_due() -> None:
    assert due_kinds([JobKind.EMBED_ITEMS, JobKind.REMEMBER_EXCHANGE], {}, NOW) == []


async def test_each_workspace_gets_what_is_due_in_it() -> None:
    past = Past(alpha={}, beta={HOURLY.value: NOW})

    outcome = await plan(past, Spaces(alpha=0, beta=0)).do(RUN)

    assert past.queued == [(ALPHA, HOURLY)]
    assert outcome == {"num_workspaces": 2, "num_queued": 1}


async def test_items_without_vectors_are_embedded_where_a_job_for_it_was_lost() -> None:
    past = Past(alpha={HOURLY.value: NOW}, beta={HOURLY.value: NOW})

    await plan(past, Spaces(alpha=3)).do(RUN)

    assert past.queued == [(ALPHA, JobKind.EMBED_ITEMS), (BETA, JobKind.EMBED_ITEMS)]


async def test_another_model_in_the_settings_is_noticed() -> None:
    past = Past(alpha={HOURLY.value: NOW})

    await plan(past, Spaces(alpha=0), Embedder(EmbeddingSpace("minilm", "new", 3))).do(RUN)

    assert past.queued == [(ALPHA, JobKind.EMBED_ITEMS)]


async def test_without_a_provider_nothing_is_queued_for_it() -> None:
    past = Past(alpha={HOURLY.value: NOW})

    await plan(past, Spaces(alpha=3), Embedder(None)).do(RUN)

    assert past.queued == []


async def test_dead_jobs_are_kept_for_longer() -> None:
    asked: list[datetime] = []

    class Ended:
        async def forget_jobs(self, others_before: datetime, dead_before: datetime) -> int:
            asked.extend([others_before, dead_before])
            return 7

    assert await ForgetJobs(Ended(), lambda: NOW).do(RUN) == {"num_jobs": 7}
    others_before, dead_before = asked
    assert dead_before < others_before < NOW
