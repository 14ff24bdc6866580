"""Scores by words: of items, of windows and of messages."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

OWN_WEIGHT = 0.5
"""Of an item's own score beside that of its window, each divided by the best of its kind."""
NUM_PLACES = 1 << 31
"""Of a thread: more than a position can be."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What has a term of the question: ascending keys, and beside each the BM25 score and the
    share of the question's terms, by weight, that it has."""

    keys: Integers
    scores: Floats
    coverage: Floats

    def scores_of(self, keys: Integers) -> Floats:
        """Beside each of `keys`; 0 for what has no term."""
        return look_up_all(self.keys, self.scores, keys)

    def coverage_of(self, keys: Integers) -> Floats:
        return look_up_all(self.keys, self.coverage, keys)


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Of items by their numbers, of windows and messages by `place_key`.

    item_places: `place_key` of the items, -1 without a place.
    """

    items: Scored
    windows: Scored
    messages: Scored
    item_places: Integers

    def best(self, begin: int, end: int) -> tuple[list[int], list[tuple[int, int]]]:
        """What stands from `begin` up to `end` in the order of own and window scores together:
        numbers of items, and places of messages that lack every term themselves."""
        of_windows = _normal(self.windows.scores)
        own = _normal(self.items.scores)
        heard = look_up_all(self.windows.keys, of_windows, self.item_places)
        around = np.where(self.item_places < 0, own, heard)
        is_silent = ~_are_among(self.messages.keys, self.windows.keys)
        silent = self.windows.keys[is_silent]
        relevance = np.concatenate([OWN_WEIGHT * own + around, of_windows[is_silent]])
        order = _best_first(relevance, end)[begin:]
        items = self.items.keys[order[order < own.size]]
        places = silent[order[order >= own.size] - own.size]
        return items.tolist(), [split_place_key(key) for key in places.tolist()]


def place_key(thread_no: int, place: int) -> int:
    """One number for a place in a thread; the next place has the next number."""
    return thread_no * NUM_PLACES + place


def split_place_key(key: int) -> tuple[int, int]:
    """Thread and place."""
    return divmod(key, NUM_PLACES)


def look_up_all(keys: Integers, values: Floats, wanted: Integers) -> Floats:
    """The value beside each wanted key, 0 where there is none; `keys` ascend."""
    if not keys.size:
        return np.zeros(wanted.size)
    at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.where(keys[at] == wanted, values[at], 0.0)


def _are_among(keys: Integers, wanted: Integers) -> Booleans:
    """Which of `wanted` are keys; `keys` ascend."""
    if not keys.size:
        return np.zeros(wanted.size, np.bool_)
    found: Booleans = keys[np.minimum(np.searchsorted(keys, wanted), keys.size - 1)] == wanted
    return found


def _best_first(values: Floats, num: int) -> Integers:
    """Places of the `num` greatest, of equal ones the first first: what is not among them, often
    a hundred times as many, is not sorted."""
    if num >= values.size:
        return np.argsort(-values, kind="stable")
    least = np.partition(values, values.size - num)[values.size - num]
    among = np.flatnonzero(values >= least)
    return among[np.argsort(-values[among], kind="stable")][:num]


def _normal(scores: Floats) -> Floats:
    """Divided by the best of them."""
    return scores / scores.max() if scores.size else scores
