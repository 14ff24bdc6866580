"""Candidates with what every arm measured of them."""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np

from agent_memory.memory.items.item import Item
from agent_memory.memory.search.lexical import Floats, Integers, LexicalScores, place_key
from agent_memory.memory.search.recalled import Candidate
from agent_memory.store.memory.item_rows import ItemRow
from agent_memory.store.memory.neighbours import Neighbours


def measure(
    rows: Sequence[ItemRow],
    made: Sequence[Item],
    neighbours: Neighbours,
    lexical: LexicalScores,
    shared_keys: Mapping[int, int],
) -> tuple[Candidate, ...]:
    """made: the items of the rows. One without a place in a conversation is its own window."""
    numbers = np.array([row.item_no for row in rows], np.int64)
    places = np.array([_place(row) for row in rows], np.int64)
    items, windows = lexical.items, lexical.windows
    own, coverage = items.scores_of(numbers), items.coverage_of(numbers)
    similarity = neighbours.similarities(numbers)
    follows = neighbours.follow_question(places)
    return tuple(
        Candidate(
            item=item,
            bm25=bm25,
            bm25_window=bm25_window,
            similarity=nearness,
            num_shared_keys=shared_keys.get(row.item_no, 0),
            terms=row.terms,
            coverage=covered,
            coverage_window=covered_window,
            bm25_answered=answered,
            similarity_near=near,
        )
        for row, item, bm25, bm25_window, covered, covered_window, answered, nearness, near in zip(
            rows,
            made,
            own.tolist(),
            _around(places, windows.scores_of(places), own),
            coverage.tolist(),
            _around(places, windows.coverage_of(places), coverage),
            np.where(follows, lexical.messages.scores_of(places - 1), 0.0).tolist(),
            _known(similarity),
            _known(np.where(places < 0, similarity, neighbours.similarities_near(places))),
            strict=True,
        )
    )


def _place(row: ItemRow) -> int:
    return -1 if row.place is None else place_key(row.thread_no, row.place)


def _around(places: Integers, of_windows: Floats, own: Floats) -> list[float]:
    around: list[float] = np.where(places < 0, own, of_windows).tolist()
    return around


def _known(similarities: Floats) -> list[float | None]:
    """Not a number is none."""
    return [None if isnan(one) else one for one in similarities.tolist()]
