"""Ranking by the weights that are live in a workspace, and by what was said of its items."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent_memory.ids import WorkspaceId
from agent_memory.memory.learning.adjustment import feedback_factors, with_feedback
from agent_memory.memory.learning.tally import tallies_on
from agent_memory.memory.ranking import rank
from agent_memory.memory.recalled import Candidates, Query, Recalled
from agent_memory.memory.weight_set import WeightSet
from agent_memory.memory.weights import DEFAULT_WEIGHTS, Weights

WEIGHTS_TTL_S = 1.0
DEFAULT_VERSION = 0


class LiveWeights(Protocol):
    async def find_live(self, workspace: WorkspaceId) -> WeightSet | None:
        """None while the default weights are live."""
        ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best first, and the version of the weights that says so; 0 are the default ones."""

    items: tuple[Recalled, ...]
    weights_version: int = DEFAULT_VERSION


@dataclass(frozen=True, slots=True)
class _Known:
    weights: Weights
    version: int
    read_at: float


class Ranker:
    """`monotonic` measures intervals: live weights are asked for once a second."""

    def __init__(self, live: LiveWeights, monotonic: Callable[[], float]) -> None:
        self._live = live
        self._monotonic = monotonic
        self._known: dict[WorkspaceId, _Known] = {}

    async def rank(self, workspace: WorkspaceId, query: Query, candidates: Candidates) -> Ranked:
        """Meets `find.Rank`."""
        known = await self._weights(workspace)
        ranked = rank(candidates.found, query, known.weights)
        tallies = tallies_on(entry.item for entry in ranked)
        return Ranked(with_feedback(ranked, feedback_factors(tallies, {})), known.version)

    async def _weights(self, workspace: WorkspaceId) -> _Known:
        now = self._monotonic()
        known = self._known.get(workspace)
        if known is None or now - known.read_at > WEIGHTS_TTL_S:
            live = await self._live.find_live(workspace)
            if live is None:
                known = _Known(DEFAULT_WEIGHTS, DEFAULT_VERSION, now)
            else:
                known = _Known(Weights.from_mapping(live.weights), live.version, now)
            self._known[workspace] = known
        return known
