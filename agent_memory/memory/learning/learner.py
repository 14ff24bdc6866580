"""Weights of a workspace, learned from its feedback: they go live only if they win."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_memory.json_value import Json
from agent_memory.memory.learning.fitting import fit_pairs, pairs_of
from agent_memory.memory.learning.landscape import Landscape
from agent_memory.memory.learning.lessons import Lesson
from agent_memory.memory.learning.trial import Evaluation, cross_validate

MIN_LESSONS = 100
"""With fewer, chance passes for a gain now and then: what nobody looked at is not judged, so that a
trial sees only a new order of what was seen."""
MAX_P_VALUE = 0.05


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights with how they did on lessons that were held out. `parent_version`: what they were
    learned from and measured against. `reason`: why they win or do not, for people."""

    weights: Mapping[str, float]
    parent_version: int
    evaluation: Evaluation
    wins: bool
    reason: str

    @property
    def record(self) -> Mapping[str, Json]:
        """What is kept with the weights."""
        return {
            "parent_version": self.parent_version,
            "num_lessons": self.evaluation.num_lessons,
            "ndcg_before": self.evaluation.before,
            "ndcg_after": self.evaluation.after,
            "p_value": self.evaluation.p_value,
            "reason": self.reason,
        }


def learn(
    lessons: Sequence[Lesson],
    current: Mapping[str, float],
    current_version: int,
    landscape: Landscape,
) -> Learned:
    """What the lessons teach, tried by cross-validation; the same lessons always give the same."""
    pairs = [pairs_of(lesson, current, landscape) for lesson in lessons]

    def fit(places: Sequence[int]) -> Mapping[str, float]:
        return fit_pairs([pairs[at] for at in places], current, landscape)

    evaluation = cross_validate(lessons, current, landscape, fit)
    reason = _objection(evaluation)
    return Learned(
        weights=fit(range(len(lessons))),
        parent_version=current_version,
        evaluation=evaluation,
        wins=reason is None,
        reason=reason or f"nDCG@10 rises by {evaluation.gain:.4f} on feedback that was held out",
    )


def _objection(evaluation: Evaluation) -> str | None:
    if evaluation.num_lessons < MIN_LESSONS:
        return f"{evaluation.num_lessons} questions have feedback; {MIN_LESSONS} are needed"
    if evaluation.gain <= 0:
        return f"nDCG@10 does not rise on feedback that was held out ({evaluation.gain:+.4f})"
    if evaluation.p_value >= MAX_P_VALUE:
        return f"the gain of {evaluation.gain:.4f} may be chance (p = {evaluation.p_value:.3f})"
    return None
