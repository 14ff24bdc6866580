"""Learns the weights of a workspace from its feedback, from time to time."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.feedback import Judged
from agent_memory.memory.learning.landscape import Landscape
from agent_memory.memory.learning.learner import MIN_LESSONS, Learned, learn
from agent_memory.memory.learning.lessons import lessons
from agent_memory.memory.search.weight_set import WeightSet

MAX_IMPRESSIONS = 1000
"""The last ones: older feedback may be about another use of the workspace."""
_DEFAULT_VERSION = 0


class JudgedImpressions(Protocol):
    """Where impressions are kept."""

    async def list_judged(self, workspace: WorkspaceId, limit: int) -> Sequence[Judged]: ...


class WeightVersions(Protocol):
    """Where versions of weights are kept."""

    async def list_weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]: ...

    async def save_weights(
        self,
        workspace: WorkspaceId,
        weights: Mapping[str, float],
        evaluation: Mapping[str, Json],
        *,
        is_live: bool,
    ) -> WeightSet: ...


class WeightLearner:
    """Weights that win become a new version, which goes live; others leave nothing behind."""

    def __init__(
        self,
        impressions: JudgedImpressions,
        versions: WeightVersions,
        default: Mapping[str, float],
        landscape: Landscape,
    ) -> None:
        self._impressions = impressions
        self._versions = versions
        self._default = default
        self._landscape = landscape

    async def learn_weights(self, workspace: WorkspaceId) -> Learned | None:
        """None while too little was said since the newest version was made: so a version that
        someone rolled back does not return by itself."""
        versions = await self._versions.list_weights(workspace)
        judged = await self._impressions.list_judged(workspace, MAX_IMPRESSIONS)
        if _num_new(judged, versions) < MIN_LESSONS:
            return None
        live = next((one for one in versions if one.is_live), None)
        current = {**self._default, **(live.weights if live is not None else {})}
        version = live.version if live is not None else _DEFAULT_VERSION
        learned = learn(lessons(judged), current, version, self._landscape)
        if learned.wins:
            await self._versions.save_weights(
                workspace, learned.weights, learned.record, is_live=True
            )
        return learned


def _num_new(judged: Sequence[Judged], versions: Sequence[WeightSet]) -> int:
    newest = max((one.created_at for one in versions), default=None)
    return sum(newest is None or one.created_at > newest for one in judged)
