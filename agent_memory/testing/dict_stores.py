"""Memory's stores beside items, in dictionaries."""

from collections.abc import Mapping, Sequence

from agent_memory.errors import NotFound
from agent_memory.ids import ItemId, JobId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.learning.experience import Weighed
from agent_memory.memory.learning.likeness import Question
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.search.weight_set import WeightSet
from agent_memory.work.job import NewJob


class DictPolicies:
    """Implements `Policies`."""

    def __init__(self) -> None:
        self._policies: dict[WorkspaceId, tuple[RedactionPolicy, int]] = {}
        self._retention: dict[WorkspaceId, Mapping[str, Json]] = {}

    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        return self._policies.get(workspace, (RedactionPolicy(), 0))

    async def set_redaction(self, workspace: WorkspaceId, policy: RedactionPolicy) -> int:
        known, version = await self.get_redaction(workspace)
        if version and policy == known:
            return version
        self._policies[workspace] = (policy, version + 1)
        return version + 1

    async def get_retention(self, workspace: WorkspaceId) -> Mapping[str, Json] | None:
        return self._retention.get(workspace)

    async def set_retention(self, workspace: WorkspaceId, policy: Mapping[str, Json]) -> None:
        self._retention[workspace] = policy


class DefaultWeights:
    """Implements `Weightings` where nothing was ever learned."""

    async def list_weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]:
        del workspace
        return []

    async def go_live(self, workspace: WorkspaceId, version: int) -> None:
        del workspace
        if version:
            raise NotFound("weight set", str(version))

    async def find_live(self, workspace: WorkspaceId) -> WeightSet | None:
        del workspace
        return None


class ListedJobs:
    """Implements `Jobs` where none is ever done; `queued` are all of them, in order."""

    def __init__(self) -> None:
        self.queued: list[tuple[WorkspaceId, NewJob]] = []

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId:
        for number, (where, waiting) in enumerate(self.queued, 1):
            is_same = (where, waiting.kind, waiting.once) == (workspace, job.kind, job.once)
            if job.once is not None and is_same:
                return JobId(f"job_{number}")
        self.queued.append((workspace, job))
        return JobId(f"job_{len(self.queued)}")


class NoExperience:
    """Implements `Experienced` where nothing was said for any question."""

    async def has_judgements(self, workspace: WorkspaceId) -> bool:
        del workspace
        return False

    async def find_judgements(
        self, workspace: WorkspaceId, items: Sequence[ItemId], question: Question
    ) -> Sequence[Weighed]:
        del workspace, items, question
        return ()
