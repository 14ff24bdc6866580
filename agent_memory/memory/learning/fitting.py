"""Weights under which what helped ranks above what did not.

Pairwise logistic regression (RankNet without its net; C. Burges et al., 2005) on the logarithm of
the score, taken as linear in the weights around the current ones, held to these by a ridge, and to
their ranges. Newton's method from a fixed start: the same lessons give the same weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent_memory.memory.learning.landscape import Landscape, Matrix, Vector
from agent_memory.memory.learning.lessons import Lesson
from agent_memory.memory.search.fusion import TEMPERATURE

SHARPNESS = TEMPERATURE
"""So that a unit of weighted signs makes an item preferred with odds of e to 1, as is meant by the
weights."""
RIDGE = 8.0
"""How strongly the current weights hold: as much as eight lessons do that agree on moving a weight
by the width of its range."""
_NUM_STEPS = 25


@dataclass(frozen=True, slots=True)
class Pairs:
    """Of one lesson, the pairs of which one helped more: the difference of their slopes (pairs by
    weights), that of their logarithms, and their trust, which adds up to one."""

    slopes: Matrix
    margins: Vector
    trusts: Vector


def fit(
    lessons: Sequence[Lesson], current: Mapping[str, float], landscape: Landscape
) -> Mapping[str, float]:
    """The current weights where there is nothing to learn."""
    return fit_pairs([pairs_of(one, current, landscape) for one in lessons], current, landscape)


def pairs_of(lesson: Lesson, current: Mapping[str, float], landscape: Landscape) -> Pairs:
    components = [example.components for example in lesson.examples]
    gains = np.array([example.gain for example in lesson.examples])
    trust = np.array([example.trust for example in lesson.examples])
    better, worse = np.nonzero(gains[:, None] > gains[None, :])
    slopes = landscape.slopes(components, current)
    logs = landscape.logs(components, current)
    weight = trust[better] * trust[worse] * (gains[better] - gains[worse])
    return Pairs(
        slopes[better] - slopes[worse],
        logs[better] - logs[worse],
        weight / weight.sum() if len(weight) else weight,
    )


def fit_pairs(
    pairs: Sequence[Pairs], current: Mapping[str, float], landscape: Landscape
) -> Mapping[str, float]:
    """As `fit`, of lessons whose pairs are known."""
    if not any(len(one.trusts) for one in pairs):
        return dict(current)
    start, widths = landscape.vector(current), landscape.widths
    together = Pairs(
        np.vstack([one.slopes for one in pairs]) * widths,
        np.concatenate([one.margins for one in pairs]),
        np.concatenate([one.trusts for one in pairs]),
    )
    return landscape.weights(start + _solve(together, landscape, start) * widths, current)


def _solve(pairs: Pairs, landscape: Landscape, start: Vector) -> Vector:
    """Moves in units of the ranges' widths. A weight at the end of its range stays there while it
    is drawn beyond it."""
    names, widths = landscape.names, landscape.widths
    safe = np.where(widths > 0, widths, 1.0)
    low = (np.array([landscape.ranges[name].low for name in names]) - start) / safe
    high = (np.array([landscape.ranges[name].high for name in names]) - start) / safe
    moves = np.zeros(len(names))
    for _ in range(_NUM_STEPS):
        preferred = SHARPNESS * (pairs.margins + pairs.slopes @ moves)
        doubt = 1 / (1 + np.exp(np.clip(preferred, -40, 40)))
        slope = -SHARPNESS * pairs.slopes.T @ (pairs.trusts * doubt) + RIDGE * moves
        curvature = pairs.trusts * doubt * (1 - doubt) * SHARPNESS**2
        bend = (pairs.slopes * curvature[:, None]).T @ pairs.slopes + RIDGE * np.eye(len(names))
        is_free = ~(((moves <= low) & (slope > 0)) | ((moves >= high) & (slope < 0)))
        step = np.zeros(len(names))
        if is_free.any():
            step[is_free] = np.linalg.solve(bend[np.ix_(is_free, is_free)], slope[is_free])
        moves = np.clip(moves - step, low, high)
    return moves
