"""Whether other weights rank better: by lessons that they were not learned from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent_memory.memory.learning.landscape import Landscape, Vector
from agent_memory.memory.learning.lessons import Lesson

CUT = 10
NUM_FOLDS = 5
NUM_RESAMPLES = 10_000
_SEED = 20

Fit = Callable[[Sequence[int]], Mapping[str, float]]
"""Weights learned from the lessons at these places."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Mean nDCG@10 over held-out lessons. p_value: how probable a gain like this is if there is
    none, by a paired bootstrap, one-sided."""

    num_lessons: int
    before: float
    after: float
    p_value: float

    @property
    def gain(self) -> float:
        return self.after - self.before


def cross_validate(
    lessons: Sequence[Lesson], current: Mapping[str, float], landscape: Landscape, fit: Fit
) -> Evaluation:
    """Every lesson is held out once, from the weights that it judges."""
    before, after = np.zeros(len(lessons)), np.zeros(len(lessons))
    for fold in range(NUM_FOLDS):
        held_out = range(fold, len(lessons), NUM_FOLDS)
        learned = fit([at for at in range(len(lessons)) if at % NUM_FOLDS != fold])
        for at in held_out:
            before[at] = ndcg(lessons[at], current, landscape)
            after[at] = ndcg(lessons[at], learned, landscape)
    return Evaluation(
        num_lessons=len(lessons),
        before=float(before.mean()) if len(lessons) else 0.0,
        after=float(after.mean()) if len(lessons) else 0.0,
        p_value=paired_bootstrap(after - before),
    )


def ndcg(lesson: Lesson, weights: Mapping[str, float], landscape: Landscape) -> float:
    """Of the lesson's own items in the order of `weights`; of equal scores the earlier shown.

    Items that nobody looked at are left out, not counted as misses (T. Sakai, SIGIR 2007).
    """
    scores = landscape.scores([example.components for example in lesson.examples], weights)
    gains = np.array([example.gain for example in lesson.examples])
    order = np.argsort(-scores, kind="stable")
    best = _discounted(np.sort(gains)[::-1])
    return _discounted(gains[order]) / best if best > 0 else 0.0


def paired_bootstrap(differences: Vector) -> float:
    """How probable a mean of zero or less is, by resampling: 1 without differences."""
    if not differences.any():
        return 1.0
    chance = np.random.default_rng(_SEED)
    drawn = chance.integers(0, len(differences), (NUM_RESAMPLES, len(differences)))
    means = differences[drawn].mean(axis=1)
    return float((np.count_nonzero(means <= 0) + 1) / (NUM_RESAMPLES + 1))


def _discounted(gains: Vector) -> float:
    kept = gains[:CUT]
    return float((kept / np.log2(np.arange(2, len(kept) + 2))).sum())
