"""Weights of signs, fitted to questions whose answers are known.

A logistic model of which candidate of a question is wanted (J. Luce's choice axiom), by Newton's
method with a small ridge, each weight held within its range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_memory.memory.search.weights import RANGES, Weights

_RIDGE = 1e-3
_NUM_STEPS = 30

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """The candidates of one question: their signs, and which of them are wanted."""

    signs: tuple[Mapping[str, float], ...]
    are_wanted: tuple[bool, ...]


def fit_weights(examples: Sequence[Example], others: Weights) -> Weights:
    """Weights of the signs that differ among the candidates; `others` for those that never do."""
    useful = [one for one in examples if any(one.are_wanted) and not all(one.are_wanted)]
    names = list(useful[0].signs[0])
    tables = [np.array([[sign[name] for name in names] for sign in one.signs]) for one in useful]
    wanted = [np.array(one.are_wanted, float) / sum(one.are_wanted) for one in useful]
    spread = np.concatenate(tables).std(axis=0)
    varying = np.flatnonzero(spread > 0)
    scaled = [table[:, varying] / spread[varying] for table in tables]
    ranges = np.array([RANGES[names[at]] for at in varying]) * spread[varying, None]
    fitted = _maximise(scaled, wanted, ranges) / spread[varying]
    learned = {names[at]: float(value) for at, value in zip(varying, fitted, strict=True)}
    return Weights.from_mapping({**others.as_mapping(), **learned})


def _maximise(tables: Sequence[Matrix], wanted: Sequence[Vector], ranges: Matrix) -> Vector:
    """What makes the wanted ones most likely; a weight at its limit stays there."""
    weights = np.clip(np.zeros(len(ranges)), ranges[:, 0], ranges[:, 1])
    for _ in range(_NUM_STEPS):
        slope, bend = _derivatives(tables, wanted, weights)
        at_limit = ((weights <= ranges[:, 0]) & (slope < 0)) | (
            (weights >= ranges[:, 1]) & (slope > 0)
        )
        free = np.flatnonzero(~at_limit)
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        weights = np.clip(weights + step, ranges[:, 0], ranges[:, 1])
    return weights


def _derivatives(
    tables: Sequence[Matrix], wanted: Sequence[Vector], weights: Vector
) -> tuple[Vector, Matrix]:
    slope = -_RIDGE * len(tables) * weights
    bend = _RIDGE * len(tables) * np.eye(weights.size)
    for table, share in zip(tables, wanted, strict=True):
        scores = table @ weights
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        mean = chances @ table
        slope += share @ table - mean
        bend += (table * chances[:, None]).T @ table - np.outer(mean, mean)
    return slope, bend
