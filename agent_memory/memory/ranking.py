"""Candidates in the order of what they are worth to a question, with all that went into it."""

from collections.abc import Mapping, Sequence

import numpy as np

from agent_memory.memory.diversity import diversity_factors
from agent_memory.memory.fusion import fuse
from agent_memory.memory.kinds import ItemState
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
    recalled = [
        (one, _recalled(one, {**signs, **standing_signs(one, scale)}, mapping))
        for one, signs in _most_relevant(candidates, scale, mapping)
        if one.num_shared_keys or signs["similarity"] or signs["window"]
    ]
    recalled.sort(key=lambda entry: _order(entry[1]))
    return _varied(recalled)[: query.limit]


def _most_relevant(
    candidates: Sequence[Candidate], scale: Scale, weights: Mapping[str, float]
) -> list[tuple[Candidate, dict[str, float]]]:
    """With their signs; those whose standing cannot bring them into what is wanted are left out."""
    signed = [(one, signs_of(one, scale)) for one in candidates]
    of_each = np.array([weights[name] for name in signed[0][1]])
    totals = np.array([list(signs.values()) for _, signs in signed]) @ of_each
    looked_at = max(_LEAST_LOOKED_AT, scale.query.limit)
    return [signed[at] for at in np.argsort(-totals, kind="stable")[:looked_at]]


def _recalled(
    candidate: Candidate, signs: dict[str, float], weights: Mapping[str, float]
) -> Recalled:
    if candidate.item.state is ItemState.SUPERSEDED:
        signs["superseded"] = SUPERSEDED_FACTOR
    return Recalled(candidate.item, fuse(signs, weights), signs)


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
