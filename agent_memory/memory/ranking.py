"""Candidates in the order of what they are worth to a question, with all that went into it."""

from collections.abc import Mapping, Sequence

import numpy as np

from agent_memory.memory.diversity import diversity_factors
from agent_memory.memory.fusion import fuse_totals
from agent_memory.memory.kinds import ItemState
from agent_memory.memory.lexical import Floats
from agent_memory.memory.recalled import Candidate, Query, Recalled
from agent_memory.memory.signs import Scale, signs_of, standing_signs
from agent_memory.memory.weights import DEFAULT_WEIGHTS, Weights

SUPERSEDED_FACTOR = 0.02
"""So that what still holds stands before what held once."""
_LEAST_LOOKED_AT = 60
"""Recency and importance move an item only so far: who is far behind without them stays there."""


def rank(
    candidates: Sequence[Candidate], query: Query, weights: Weights = DEFAULT_WEIGHTS
) -> tuple[Recalled, ...]:
    """The best first, `query.limit` of them at most; of equal ones the newest first."""
    if not candidates:
        return ()
    mapping = weights.as_mapping()
    scale = Scale.of(query, candidates)
    relevant = [
        entry
        for entry in _most_relevant(candidates, scale, mapping)
        if entry[0].num_shared_keys or entry[1]["similarity"] or entry[1]["window"]
    ]
    recalled = _recalled(relevant, scale, mapping)
    recalled.sort(key=lambda entry: _order(entry[1]))
    return _varied(recalled)[: query.limit]


def _most_relevant(
    candidates: Sequence[Candidate], scale: Scale, weights: Mapping[str, float]
) -> list[tuple[Candidate, dict[str, float], float]]:
    """With their signs and the weighted sum of them; those whose standing cannot bring them into
    what is wanted are left out."""
    signed = [(one, signs_of(one, scale)) for one in candidates]
    totals = _weighted([signs for _, signs in signed], weights)
    looked_at = max(_LEAST_LOOKED_AT, scale.query.limit)
    order = np.argsort(-totals, kind="stable")[:looked_at]
    return [(*signed[at], total) for at, total in zip(order, totals[order].tolist(), strict=True)]


def _recalled(
    entries: Sequence[tuple[Candidate, dict[str, float], float]],
    scale: Scale,
    weights: Mapping[str, float],
) -> list[tuple[Candidate, Recalled]]:
    """With their standing, and the score of everything together."""
    if not entries:
        return []
    standing = [standing_signs(candidate, scale) for candidate, _, _ in entries]
    totals = np.array([total for _, _, total in entries]) + _weighted(standing, weights)
    scores = fuse_totals(totals, weights)
    recalled = []
    for (candidate, signs, _), standing_of, score in zip(entries, standing, scores, strict=True):
        components = {**signs, **standing_of}
        if candidate.item.state is ItemState.SUPERSEDED:
            components["superseded"] = SUPERSEDED_FACTOR
            score *= SUPERSEDED_FACTOR  # noqa: PLW2901
        recalled.append((candidate, Recalled(candidate.item, score, components)))
    return recalled


def _weighted(signs: Sequence[Mapping[str, float]], weights: Mapping[str, float]) -> Floats:
    """Sums, equal for equal signs wherever they stand: with a product of matrices they are not."""
    of_each = np.array([weights[name] for name in signs[0]])
    summed: Floats = (np.array([list(one.values()) for one in signs]) * of_each).sum(axis=1)
    return summed


def _varied(entries: Sequence[tuple[Candidate, Recalled]]) -> tuple[Recalled, ...]:
    scores = [recalled.score for _, recalled in entries]
    factors = diversity_factors(scores, [candidate.terms for candidate, _ in entries])
    varied = [
        Recalled(one.item, one.score * factor, {**one.components, "diversity": factor})
        for (_, one), factor in zip(entries, factors, strict=True)
    ]
    return tuple(sorted(varied, key=_order))


def _order(recalled: Recalled) -> tuple[float, float, str]:
    return -recalled.score, -recalled.item.occurred_at.timestamp(), recalled.item.item_id
