"""Scores as a function of the weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

_STEP = 0.01
"""Of a weight's range, to either side, to see how scores change with it."""
_SMALLEST = 1e-9


class Score(Protocol):
    """The score that an item with these components has under these weights."""

    def __call__(self, components: Mapping[str, float], weights: Mapping[str, float]) -> float: ...


@dataclass(frozen=True, slots=True)
class Range:
    """Where a weight may lie."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Landscape:
    """`ranges` name the weights that are learned; others stay what they are."""

    score: Score
    ranges: Mapping[str, Range]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.ranges))

    @property
    def widths(self) -> Vector:
        return np.array([self.ranges[name].high - self.ranges[name].low for name in self.names])

    def vector(self, weights: Mapping[str, float]) -> Vector:
        """The learned weights, in the order of their names."""
        return np.array([weights[name] for name in self.names], dtype=np.float64)

    def weights(self, vector: Vector, others: Mapping[str, float]) -> dict[str, float]:
        """The vector within the ranges, as weights beside those that are not learned."""
        learned = {
            name: float(min(self.ranges[name].high, max(self.ranges[name].low, value)))
            for name, value in zip(self.names, vector, strict=True)
        }
        return {**others, **learned}

    def scores(
        self, components: Sequence[Mapping[str, float]], weights: Mapping[str, float]
    ) -> Vector:
        return np.array([self.score(one, weights) for one in components], dtype=np.float64)

    def slopes(
        self, components: Sequence[Mapping[str, float]], weights: Mapping[str, float]
    ) -> Matrix:
        """By how much the logarithm of each item's score changes with each weight: items by
        weights, at `weights`."""
        columns = [np.zeros((len(components), 0))]
        for name, width in zip(self.names, self.widths, strict=True):
            step = _STEP * width
            low = max(self.ranges[name].low, weights[name] - step)
            high = min(self.ranges[name].high, weights[name] + step)
            below = _log(self.scores(components, {**weights, name: low}))
            above = _log(self.scores(components, {**weights, name: high}))
            slope = (above - below) / (high - low) if high > low else np.zeros(len(components))
            columns.append(slope[:, None])
        return np.hstack(columns)

    def logs(
        self, components: Sequence[Mapping[str, float]], weights: Mapping[str, float]
    ) -> Vector:
        return _log(self.scores(components, weights))


def _log(scores: Vector) -> Vector:
    return np.log(np.maximum(scores, _SMALLEST))
