"""BM25 of items by their own words, and by those of their neighbours in the conversation.

S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
A window is a message with the two before and the two after it, read as one text: what a question
is about is often said in one message and answered in the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from agent_memory.memory.search.lexical import (
    NUM_PLACES,
    Booleans,
    Floats,
    Integers,
    LexicalScores,
    Scored,
)

WINDOW = 2
"""Messages before and after."""
REACH = np.arange(-WINDOW, WINDOW + 1)
"""To the messages of a window, from the one in its middle."""
_K1, _B = 0.9, 0.4
"""Of what was said in a conversation: short texts, whose length tells little."""
_K1_ALONE, _B_ALONE = 2.0, 0.75
"""Of diffs, logs and failures, measured on Defects4J: a word that a long diff repeats is what it is
about, and one of many is not."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Where one term occurs: arrays of one length.

    num_items: how many items of the workspace have it, of which these may be a part.
    places: position of the message that an item is or was derived from, -1 without one.
    are_messages: only messages are read by their neighbours.
    """

    term: str
    num_items: int
    item_nos: Integers
    thread_nos: Integers
    places: Integers
    are_messages: Booleans
    frequencies: Floats
    lengths: Floats


@dataclass(frozen=True, slots=True)
class Collection:
    """What the postings are a part of. mean_length: of an item, in weighted terms."""

    num_items: int
    mean_length: float


def idf(num_with_term: int, num_items: int) -> float:
    """The weight of a term, above 0."""
    return log1p((max(num_items - num_with_term, 0) + 0.5) / (num_with_term + 0.5))


def score(
    postings: Sequence[Postings], weights: Mapping[str, float], collection: Collection
) -> LexicalScores:
    """Score everything that has a term; `weights` says how much each counts in the question."""
    of_items, of_windows = _Sums(), _Sums()
    for term in postings:
        weight = weights[term.term] * idf(term.num_items, collection.num_items)
        of_items.add(term.item_nos, _saturated(term, collection), weight)
        places, frequencies = _window_frequencies(term)
        of_windows.add(places, frequencies * (_K1 + 1) / (frequencies + _K1), weight)
    items = of_items.scored()
    item_places, are_messages = _item_places(postings)
    return LexicalScores(
        items=items,
        windows=of_windows.scored(),
        messages=_by_place(items, item_places, are_messages),
        item_places=item_places,
    )


class _Sums:
    """Scores of several terms, added up by key."""

    def __init__(self) -> None:
        self._keys: list[Integers] = []
        self._scores: list[Floats] = []
        self._weights: list[Floats] = []
        self._weight = 0.0

    def add(self, keys: Integers, saturated: Floats, weight: float) -> None:
        self._keys.append(keys)
        self._scores.append(weight * saturated)
        self._weights.append(np.full(keys.size, weight))
        self._weight += weight

    def scored(self) -> Scored:
        keys, (scores, covered) = _sum_by_key(self._keys, (self._scores, self._weights))
        return Scored(keys, scores, covered / self._weight if self._weight else covered)


def _saturated(term: Postings, collection: Collection) -> Floats:
    is_alone = term.places < 0
    k1, b = np.where(is_alone, _K1_ALONE, _K1), np.where(is_alone, _B_ALONE, _B)
    relative = term.lengths / max(collection.mean_length, 1.0)
    saturated: Floats = (k1 + 1) / (term.frequencies + k1 * (1 - b + b * relative))
    return term.frequencies * saturated


def _window_frequencies(term: Postings) -> tuple[Integers, Floats]:
    """How often each window has the term: keys of places, and frequencies."""
    places, frequencies = term.places[term.are_messages], term.frequencies[term.are_messages]
    around = places + REACH[:, None]
    is_there = around >= 0
    windows = (around + term.thread_nos[term.are_messages] * NUM_PLACES)[is_there]
    heard = np.broadcast_to(frequencies, around.shape)[is_there]
    unique, (summed,) = _sum_by_key([windows], ([heard],))
    return unique, summed


def _item_places(postings: Sequence[Postings]) -> tuple[Integers, Booleans]:
    """Where each item is, and whether it is a message, in the ascending order of their numbers."""
    if not postings:
        return np.empty(0, np.int64), np.empty(0, np.bool_)
    _, first = np.unique(np.concatenate([term.item_nos for term in postings]), return_index=True)
    places = np.concatenate([term.places for term in postings])[first]
    threads = np.concatenate([term.thread_nos for term in postings])[first]
    are_messages = np.concatenate([term.are_messages for term in postings])[first]
    return np.where(places < 0, -1, threads * NUM_PLACES + places), are_messages


def _by_place(items: Scored, places: Integers, are_messages: NDArray[np.bool_]) -> Scored:
    order = np.argsort(places[are_messages], kind="stable")
    return Scored(
        keys=places[are_messages][order],
        scores=items.scores[are_messages][order],
        coverage=items.coverage[are_messages][order],
    )


def _sum_by_key(
    keys: Sequence[Integers], columns: Sequence[Sequence[Floats]]
) -> tuple[Integers, list[Floats]]:
    if not keys:
        return np.empty(0, np.int64), [np.empty(0) for _ in columns]
    joined = np.concatenate(keys)
    if not joined.size:
        return joined, [np.empty(0) for _ in columns]
    # Stable, for what is joined ascends in long runs, which that takes for sorted.
    order = np.argsort(joined, kind="stable")
    ascending = joined[order]
    is_new = np.ones(ascending.size, np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=is_new[1:])
    group = np.cumsum(is_new) - 1
    summed = [np.bincount(group, np.concatenate(values)[order]) for values in columns]
    return ascending[is_new], [column.astype(np.float64, copy=False) for column in summed]
