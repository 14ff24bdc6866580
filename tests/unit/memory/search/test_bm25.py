from collections.abc import Sequence

import numpy as np
import pytest

from agent_memory.memory.search.bm25 import Collection, Postings, idf, score
from agent_memory.memory.search.lexical import LexicalScores, place_key

THREAD = 7
Rows = Sequence[tuple[int, int, bool, float]]
"""(item number, place or -1, is it a message, how often)"""


def postings(term: str, rows: Rows, num_items: int | None = None, length: float = 10) -> Postings:
    return Postings(
        term=term,
        num_items=len(rows) if num_items is None else num_items,
        item_nos=np.array([row[0] for row in rows], np.int64),
        thread_nos=np.full(len(rows), THREAD, np.int64),
        places=np.array([row[1] for row in rows], np.int64),
        are_messages=np.array([row[2] for row in rows], np.bool_),
        frequencies=np.array([row[3] for row in rows], np.float64),
        lengths=np.full(len(rows), length, np.float64),
    )


def scored(*terms: Postings) -> LexicalScores:
    return score(terms, {term.term: 1.0 for term in terms}, Collection(100, 10.0))


def own(scores: LexicalScores, *items: int) -> list[float]:
    return list(scores.items.scores_of(np.array(items)))


def around(scores: LexicalScores, *places: int) -> list[float]:
    keys = np.array([place_key(THREAD, place) for place in places])
    return list(scores.windows.scores_of(keys))


def test_a_rare_term_weighs_more_than_a_common_one() -> None:
    assert idf(1, 100) > idf(50, 100) > idf(100, 100) > 0
    scores = scored(
        postings("rare", [(1, 0, True, 1)], 1), postings("often", [(2, 9, True, 1)], 80)
    )

    first, second = own(scores, 1, 2)
    assert first > second > 0


def test_more_occurrences_score_more_but_ever_less() -> None:
    rows = [(1, 0, True, 1.0), (2, 9, True, 2.0), (3, 20, True, 3.0)]
    once, twice, thrice = own(scored(postings("x", rows)), 1, 2, 3)

    assert thrice > twice > once
    assert thrice - twice < twice - once


def test_a_message_is_heard_two_places_around_and_no_further() -> None:
    scores = scored(postings("x", [(1, 5, True, 1.0)]))

    heard = around(scores, 2, 3, 4, 5, 6, 7, 8)
    assert [value > 0 for value in heard] == [False, True, True, True, True, True, False]
    assert len(set(heard[1:6])) == 1


def test_no_window_reaches_before_the_first_message_or_into_another_thread() -> None:
    scores = scored(postings("x", [(1, 0, True, 1.0)]))

    assert scores.windows.keys.tolist() == [place_key(THREAD, place) for place in (0, 1, 2)]


def test_what_was_derived_from_a_message_is_not_heard_by_its_neighbours() -> None:
    scores = scored(postings("x", [(1, 5, False, 1.0)]))

    assert own(scores, 1)[0] > 0
    assert around(scores, 5) == [0.0]


def test_neighbours_that_share_a_question_add_up() -> None:
    together = scored(postings("x", [(1, 4, True, 1.0)]), postings("y", [(2, 5, True, 1.0)]))

    assert around(together, 4)[0] == pytest.approx(sum(own(together, 1, 2)), rel=0.2)
    assert around(together, 4)[0] > max(own(together, 1, 2))


def test_coverage_is_the_share_of_the_question_by_weight() -> None:
    scores = scored(postings("x", [(1, 4, True, 1.0)]), postings("y", [(2, 5, True, 1.0)]))

    assert list(scores.items.coverage_of(np.array([1, 2, 3]))) == [0.5, 0.5, 0.0]
    assert scores.windows.coverage_of(np.array([place_key(THREAD, 4)]))[0] == 1.0


def test_messages_are_found_by_their_places() -> None:
    scores = scored(postings("x", [(9, 4, True, 1.0), (3, 8, True, 2.0), (5, 8, False, 3.0)]))

    keys = np.array([place_key(THREAD, place) for place in (4, 8, 9)])
    assert list(scores.messages.scores_of(keys)) == [*own(scores, 9, 3), 0.0]


def test_the_best_come_first_and_every_one_once() -> None:
    rows = [(number, 10 * number, True, float(number)) for number in range(1, 6)]
    scores = scored(postings("x", rows))

    items, places = scores.best(0, 1000)

    assert items == [5, 4, 3, 2, 1]
    assert len(places) == len(set(places)) == 20
    assert {place for _, place in places}.isdisjoint({10, 20, 30, 40, 50})
    head, _ = scores.best(0, 3)
    tail, _ = scores.best(3, 1000)
    assert head + tail == items


def test_of_equal_ones_the_order_is_the_same_however_many_are_asked_for() -> None:
    rows = [(number, -1, False, float(number % 3)) for number in range(1, 40)]
    scores = scored(postings("x", rows))

    whole, _ = scores.best(0, 1000)

    assert len(whole) == 39
    for end in range(1, 39):
        assert scores.best(0, end)[0] == whole[:end]


def test_an_item_outside_of_conversations_stands_beside_those_within() -> None:
    scores = scored(postings("x", [(1, -1, False, 1.0), (2, 30, True, 1.0)]))

    assert set(scores.best(0, 2)[0]) == {1, 2}


def test_a_question_that_nothing_answers_has_no_scores() -> None:
    nothing = score((), {}, Collection(0, 1.0))

    assert nothing.best(0, 10) == ([], [])
    assert own(nothing, 1) == [0.0]
