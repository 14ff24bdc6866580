"""Versions of weights are made of feedback, and one that was rolled back stays so."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.feedback import Impression, Judged, Shown, Verdict
from agent_memory.memory.learning.weight_learner import WeightLearner
from agent_memory.memory.search.weight_set import WeightSet
from tests.unit.memory.learning.given import LANDSCAPE, START
from tests.unit.memory.made_items import day

WORKSPACE = WorkspaceId("w")
MADE_AT = day(50)


class Memory:
    """Implements `JudgedImpressions` and `WeightVersions`."""

    def __init__(self) -> None:
        self.judged: list[Judged] = []
        self.versions: list[WeightSet] = []

    async def list_judged(self, workspace: WorkspaceId, limit: int) -> Sequence[Judged]:
        assert workspace == WORKSPACE
        return self.judged[-limit:]

    async def list_weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]:
        assert workspace == WORKSPACE
        return self.versions

    async def save_weights(
        self,
        workspace: WorkspaceId,
        weights: Mapping[str, float],
        evaluation: Mapping[str, Json],
        *,
        is_live: bool,
    ) -> WeightSet:
        assert workspace == WORKSPACE
        made = WeightSet(len(self.versions) + 1, weights, evaluation, is_live, MADE_AT)
        self.versions = [*(replace(one, is_live=False) for one in self.versions), made]
        return made

    def say(self, num_questions: int, from_day: float) -> None:
        """Of each question, the freshest of four items was helpful."""
        for number in range(num_questions):
            shown = tuple(
                Shown(
                    ItemId(str(rank)),
                    rank,
                    {"relevance": 1.0 - rank / 15, "recency": rank / 3, "importance": 0.5},
                )
                for rank in range(4)
            )
            impression = Impression(f"{from_day}-{number:03}", 0, shown)
            verdicts = {ItemId("3"): Verdict.HELPFUL, ItemId("0"): Verdict.NOT_HELPFUL}
            self.judged.append(Judged(impression, day(from_day), verdicts))


def make_learner(memory: Memory) -> WeightLearner:
    return WeightLearner(memory, memory, START, LANDSCAPE)


async def test_what_wins_goes_live_and_says_what_it_came_from() -> None:
    memory = Memory()
    memory.say(120, 0)
    learned = await make_learner(memory).learn_weights(WORKSPACE)
    assert learned is not None
    (version,) = memory.versions
    assert version.is_live
    assert version.weights["recency"] > START["recency"]
    assert version.evaluation["parent_version"] == 0


async def test_little_feedback_makes_no_version() -> None:
    memory = Memory()
    memory.say(5, 0)
    assert await make_learner(memory).learn_weights(WORKSPACE) is None
    assert memory.versions == []


async def test_a_version_that_was_rolled_back_does_not_return_by_itself() -> None:
    memory = Memory()
    memory.say(120, 0)
    await make_learner(memory).learn_weights(WORKSPACE)
    memory.versions = [replace(one, is_live=False) for one in memory.versions]
    assert await make_learner(memory).learn_weights(WORKSPACE) is None
    memory.say(120, 60)
    await make_learner(memory).learn_weights(WORKSPACE)
    assert [(one.version, one.is_live) for one in memory.versions] == [(1, False), (2, True)]


async def test_learning_goes_on_from_the_weights_that_are_live() -> None:
    memory = Memory()
    memory.versions = [WeightSet(1, {"recency": 0.2}, {}, True, day(-1))]
    memory.say(120, 0)
    learned = await make_learner(memory).learn_weights(WORKSPACE)
    assert learned is not None
    assert learned.parent_version == 1
    assert learned.weights["recency"] > 0.2
    assert learned.weights["other"] == START["other"]
