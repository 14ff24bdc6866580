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

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

WINDOW = 2
"""Messages before and after."""
_K1, _B = 0.9, 0.4
_K1_WINDOW = 0.9
OWN_WEIGHT = 0.5
"""Of an item's own score beside that of its window, each divided by the best of its kind."""
_NUM_PLACES = 1 << 31
"""Of a thread: more than a position can be."""


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
    are_messages: NDArray[np.bool_]
    frequencies: Floats
    lengths: Floats


@dataclass(frozen=True, slots=True)
class Collection:
    """What the postings are a part of. mean_length: of an item, in weighted terms."""

    num_items: int
    mean_length: float


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Scores of all items that have a term of the question, and of all windows that have one.

    item_nos, window_keys: ascending; the others are arrays beside them. item_places: `place_key`
    of the items, -1 without a place.
    """

    item_nos: Integers
    own: Floats
    item_places: Integers
    window_keys: Integers
    windows: Floats

    def own_score(self, item_no: int) -> float:
        return _look_up(self.item_nos, self.own, item_no)

    def window_score(self, item_no: int, thread_no: int, place: int | None) -> float:
        """Of the window around its place; an item without one is its own window."""
        if place is None:
            return self.own_score(item_no)
        return _look_up(self.window_keys, self.windows, place_key(thread_no, place))

    def best(self, begin: int, end: int) -> tuple[list[int], list[tuple[int, int]]]:
        """The items, and the places whose messages lack every term themselves but have neighbours
        with some, that stand from `begin` up to `end` in the order of both scores together."""
        of_places = _normal(self.windows)
        has_place = self.item_places >= 0
        of_items = _normal(self.own) * OWN_WEIGHT
        of_items[has_place] += _look_up_all(
            self.window_keys, of_places, self.item_places[has_place]
        )
        of_items[~has_place] += _normal(self.own)[~has_place]
        order = np.argsort(-np.concatenate([of_items, of_places]), kind="stable")[begin:end]
        items = self.item_nos[order[order < self.item_nos.size]]
        places = self.window_keys[order[order >= self.item_nos.size] - self.item_nos.size]
        return items.tolist(), [split_place_key(key) for key in places.tolist()]


def no_scores() -> LexicalScores:
    """Of a question that nothing answers."""
    none, zero = np.empty(0, np.int64), np.empty(0)
    return LexicalScores(none, zero, none, none, zero)


def place_key(thread_no: int, place: int) -> int:
    return thread_no * _NUM_PLACES + place


def split_place_key(key: int) -> tuple[int, int]:
    """Thread and place."""
    return divmod(key, _NUM_PLACES)


def idf(num_with_term: int, num_items: int) -> float:
    """The weight of a term, above 0."""
    return log1p((max(num_items - num_with_term, 0) + 0.5) / (num_with_term + 0.5))


def score(
    postings: Sequence[Postings], weights: Mapping[str, float], collection: Collection
) -> LexicalScores:
    """Score everything that has a term; `weights` says how much each counts in the question."""
    ids, values, places, place_values = [], [], [], []
    for term in postings:
        weight = weights[term.term] * idf(term.num_items, collection.num_items)
        ids.append(term.item_nos)
        values.append(weight * _saturated(term, collection))
        keys, frequencies = _window_frequencies(term)
        places.append(keys)
        place_values.append(weight * frequencies * (_K1_WINDOW + 1) / (frequencies + _K1_WINDOW))
    item_nos, own = _sum_by_key(ids, values)
    window_keys, windows = _sum_by_key(places, place_values)
    return LexicalScores(
        item_nos=item_nos,
        own=own,
        item_places=_item_places(postings),
        window_keys=window_keys,
        windows=windows,
    )


def _item_places(postings: Sequence[Postings]) -> Integers:
    """Where each item is, in the ascending order of their numbers."""
    if not postings:
        return np.empty(0, np.int64)
    _, first = np.unique(np.concatenate([term.item_nos for term in postings]), return_index=True)
    places = np.concatenate([term.places for term in postings])[first]
    threads = np.concatenate([term.thread_nos for term in postings])[first]
    return np.where(places < 0, -1, threads * _NUM_PLACES + places)


def _saturated(term: Postings, collection: Collection) -> Floats:
    relative = term.lengths / max(collection.mean_length, 1.0)
    frequencies = term.frequencies
    return frequencies * (_K1 + 1) / (frequencies + _K1 * (1 - _B + _B * relative))


def _window_frequencies(term: Postings) -> tuple[Integers, Floats]:
    """How often each window has the term: keys of places, and frequencies."""
    has_neighbours = term.are_messages
    places, frequencies = term.places[has_neighbours], term.frequencies[has_neighbours]
    keys = term.thread_nos[has_neighbours] * _NUM_PLACES + places
    moved = [(keys + by, places + by >= 0) for by in range(-WINDOW, WINDOW + 1)]
    return _sum_by_key(
        [where[is_there] for where, is_there in moved],
        [frequencies[is_there] for _, is_there in moved],
    )


def _sum_by_key(keys: Sequence[Integers], values: Sequence[Floats]) -> tuple[Integers, Floats]:
    if not keys:
        return np.empty(0, np.int64), np.empty(0)
    unique, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    return unique, np.bincount(inverse, np.concatenate(values), unique.size)


def _look_up(keys: Integers, values: Floats, key: int) -> float:
    return float(_look_up_all(keys, values, np.array([key]))[0])


def _look_up_all(keys: Integers, values: Floats, wanted: Integers) -> Floats:
    """The value beside each wanted key, 0 where there is none; `keys` ascend."""
    if not keys.size:
        return np.zeros(wanted.size)
    at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.where(keys[at] == wanted, values[at], 0.0)


def _normal(scores: Floats) -> Floats:
    """Divided by the best of them."""
    return scores / scores.max() if scores.size else scores
