"""Ranking by the weights that are live in a workspace, and by what was said of its items."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.learning.adjustment import feedback_factors, with_feedback
from agent_memory.memory.learning.experience import Weighed, relevance_factors
from agent_memory.memory.learning.likeness import Question, read_question
from agent_memory.memory.learning.tally import tallies_on
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.search.recalled import Candidates, Query, Recalled
from agent_memory.memory.search.weight_set import WeightSet
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS, Weights

WEIGHTS_TTL_S = 1.0
DEFAULT_VERSION = 0


class LiveWeights(Protocol):
    async def find_live(self, workspace: WorkspaceId) -> WeightSet | None:
        """None while the default weights are live."""
        ...


class Experienced(Protocol):
    """What was said of items for the questions that they were shown for."""

    async def has_judgements(self, workspace: WorkspaceId) -> bool: ...

    async def find_judgements(
        self, workspace: WorkspaceId, items: Sequence[ItemId], question: Question
    ) -> Sequence[Weighed]:
        """The last of these items, with how like their questions are to this one."""
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
    has_judgements: bool
    read_at: float


class Ranker:
    """`monotonic` measures intervals: live weights, and whether there is any feedback to look at,
    are asked for once a second."""

    def __init__(
        self, live: LiveWeights, experience: Experienced, monotonic: Callable[[], float]
    ) -> None:
        self._live = live
        self._experience = experience
        self._monotonic = monotonic
        self._known: dict[WorkspaceId, _Known] = {}

    async def rank(self, workspace: WorkspaceId, query: Query, candidates: Candidates) -> Ranked:
        """Implements `find.Rank`."""
        known = await self._weights(workspace)
        ranked = rank(candidates.found, query, known.weights)
        tallies = tallies_on(entry.item for entry in ranked)
        relevance: Mapping[ItemId, float] = {}
        if known.has_judgements and ranked:
            relevance = await self._relevance(workspace, query, ranked)
        factors = feedback_factors(tallies, relevance)
        return Ranked(with_feedback(ranked, factors), known.version)

    async def _relevance(
        self, workspace: WorkspaceId, query: Query, ranked: Sequence[Recalled]
    ) -> Mapping[ItemId, float]:
        question = read_question(query.text, query.embedding)
        items = [entry.item.item_id for entry in ranked]
        return relevance_factors(await self._experience.find_judgements(workspace, items, question))

    async def _weights(self, workspace: WorkspaceId) -> _Known:
        now = self._monotonic()
        known = self._known.get(workspace)
        if known is None or now - known.read_at > WEIGHTS_TTL_S:
            live = await self._live.find_live(workspace)
            is_judged = await self._experience.has_judgements(workspace)
            if live is None:
                known = _Known(DEFAULT_WEIGHTS, DEFAULT_VERSION, is_judged, now)
            else:
                known = _Known(Weights.from_mapping(live.weights), live.version, is_judged, now)
            self._known[workspace] = known
        return known
