"""Candidates in the order of what they are worth to a question, with all that went into it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

import numpy as np

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC, ItemState
from agent_memory.memory.items.validity import holds
from agent_memory.memory.search.diversity import diversity_factors
from agent_memory.memory.search.fusion import fuse_totals
from agent_memory.memory.search.lexical import Booleans, Floats
from agent_memory.memory.search.recalled import Candidate, Query, Recalled
from agent_memory.memory.search.signs import (
    SIGNS,
    STANDING_SIGNS,
    Scale,
    signs_of,
    standing_signs_of,
)
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS, Weights
from agent_memory.memory.value import value

SUPERSEDED_FACTOR = 0.02
"""So that what still holds stands before what held once."""
_LEAST_LOOKED_AT = 60
"""Recency and importance move an item only so far: who is far behind without them stays there."""
_SIGNS = (*SIGNS, *STANDING_SIGNS)
_FOUND_BY = [SIGNS.index(name) for name in ("keys", "similarity", "window")]
"""An item with none of them has nothing to do with the question."""


@value
class _Ranked:
    """factors: what the score was multiplied by, by name."""

    candidate: Candidate
    score: float
    signs: Sequence[float]
    factors: Mapping[str, float] = field(default_factory=dict)

    def times(self, name: str, factor: float) -> "_Ranked":
        factors = {**self.factors, name: factor}
        return _Ranked(self.candidate, self.score * factor, self.signs, factors)

    def recalled(self) -> Recalled:
        components = {**dict(zip(_SIGNS, self.signs, strict=True)), **self.factors}
        return Recalled(self.candidate.item, self.score, components)


def rank(
    candidates: Sequence[Candidate], query: Query, weights: Weights = DEFAULT_WEIGHTS
) -> tuple[Recalled, ...]:
    """The best first, `query.limit` of them at most; of equal ones the newest first."""
    if not candidates:
        return ()
    scale = Scale.of(query, candidates)
    ranked = _best_first(_ranked(candidates, scale, weights.as_mapping()))
    return tuple(one.recalled() for one in _best_first(_varied(ranked))[: query.limit])


def _ranked(
    candidates: Sequence[Candidate], scale: Scale, weights: Mapping[str, float]
) -> list[_Ranked]:
    """Those that have to do with the question, scored by everything but each other."""
    signs = signs_of(candidates, scale)
    totals = _weighted(signs, SIGNS, weights)
    is_found: Booleans = np.logical_or.reduce(signs[:, _FOUND_BY], axis=1)
    looked_at = [at for at in _most_relevant(totals, scale.query) if is_found[at]]
    some = [candidates[at] for at in looked_at]
    standing = standing_signs_of(some, scale)
    scores = fuse_totals(totals[looked_at] + _weighted(standing, STANDING_SIGNS, weights), weights)
    of_all = np.concatenate([signs[looked_at], standing], axis=1).tolist()
    ranked = map(_Ranked, some, scores, of_all)
    return [
        one.times("superseded", SUPERSEDED_FACTOR)
        if _is_outdated(one.candidate.item, scale.query)
        else one
        for one in ranked
    ]


def _is_outdated(item: Item, query: Query) -> bool:
    """Superseded, or a statement whose time has not come or is over."""
    if item.state is not ItemState.ACTIVE:
        return item.state is ItemState.SUPERSEDED
    return item.kind in SEMANTIC and not holds(item, query.as_of or query.now)


def _most_relevant(totals: Floats, query: Query) -> list[int]:
    """Places of candidates; those whose standing cannot bring them into what is wanted are left
    out."""
    looked_at = max(_LEAST_LOOKED_AT, query.limit)
    places: list[int] = np.argsort(-totals, kind="stable")[:looked_at].tolist()
    return places


def _weighted(signs: Floats, names: Sequence[str], weights: Mapping[str, float]) -> Floats:
    """Sums, equal for equal signs wherever they stand: with a product of matrices they are not."""
    summed: Floats = (signs * np.array([weights[name] for name in names])).sum(axis=1)
    return summed


def _varied(ranked: Sequence[_Ranked]) -> list[_Ranked]:
    scores = [one.score for one in ranked]
    factors = diversity_factors(scores, [one.candidate.terms for one in ranked])
    return [one.times("diversity", factor) for one, factor in zip(ranked, factors, strict=True)]


def _best_first(ranked: Iterable[_Ranked]) -> list[_Ranked]:
    return sorted(ranked, key=_order)


def _order(ranked: _Ranked) -> tuple[float, float, str]:
    item = ranked.candidate.item
    return -ranked.score, -item.occurred_at.timestamp(), item.item_id
