from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent_memory.ids import ItemId, MaterialId, ThreadId
from agent_memory.memory.items.item import Item, Span
from agent_memory.memory.items.kinds import ItemKind, ItemState, Role
from agent_memory.memory.search.fusion import fuse
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.search.recalled import Candidate, Query
from agent_memory.memory.search.terms import index_terms
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS, Weights

NOW = datetime(2026, 6, 1, tzinfo=UTC)
THEN = NOW - timedelta(days=20)


def item(name: str, text: str = "some words of a message", **more: Any) -> Item:
    fields: dict[str, Any] = {
        "item_id": ItemId(name),
        "thread_id": ThreadId("t"),
        "material_id": MaterialId("m"),
        "kind": ItemKind.CHAT,
        "state": ItemState.ACTIVE,
        "text": text,
        "span": Span(0, len(text)),
        "occurred_at": THEN,
        "recorded_at": THEN,
        "valid_from": THEN,
        "content_hash": name,
        "role": Role.USER,
        "position": 3,
    }
    return Item(**{**fields, **more})


def candidate(name: str, bm25: float = 1.0, **more: Any) -> Candidate:
    fields = {key: more.pop(key) for key in list(more) if key in _MEASURES}
    made = item(name, **more)
    measures = {"bm25_window": bm25, "terms": frozenset(index_terms(made.text).frequencies)}
    return Candidate(made, bm25=bm25, **{**measures, **fields})


_MEASURES = {field.name for field in fields(Candidate)} - {"item", "bm25"}


def names(query: Query, *candidates: Candidate, weights: Weights = DEFAULT_WEIGHTS) -> list[str]:
    return [entry.item.item_id for entry in rank(candidates, query, weights)]


QUERY = Query("what was said of the harbour?", NOW)


def test_nothing_found_is_nothing_recalled() -> None:
    assert rank([], QUERY) == ()


def test_the_more_relevant_stands_first() -> None:
    assert names(QUERY, candidate("b", 1.0), candidate("a", 2.0)) == ["a", "b"]


@pytest.mark.parametrize(
    "sign",
    [
        {"coverage": 1.0},
        {"coverage_window": 1.0},
        {"similarity": 0.9},
        {"similarity_near": 0.9},
        {"bm25_answered": 1.0},
        {"num_shared_keys": 2},
    ],
)
def test_every_sign_raises_an_item(sign: dict[str, Any]) -> None:
    assert names(QUERY, candidate("a"), candidate("b", **sign)) == ["b", "a"]


def test_who_is_named_in_the_question_is_heard_first() -> None:
    query = replace(QUERY, text="What did Ann Lee say?")
    said = candidate("a", speaker="Bob"), candidate("b", speaker="Ann Lee")

    assert names(query, *said) == ["b", "a"]
    both = replace(QUERY, text="What did Ann and Bob say?")
    assert names(both, *said) == ["a", "b"]


def test_what_asks_itself_answers_less() -> None:
    asks = candidate("a", text="what of the harbour then?")
    tells = candidate("b", text="this of the harbour then.")

    assert names(QUERY, asks, tells) == ["b", "a"]


def test_a_date_is_for_who_asks_for_a_time() -> None:
    dated = candidate("b", metadata={"mentioned_dates": ["2026-05-01"]})

    assert names(replace(QUERY, text="When was it?"), candidate("a"), dated) == ["b", "a"]
    assert names(QUERY, candidate("a"), dated) == ["a", "b"]


def test_of_two_alike_the_newer_stands_first() -> None:
    old = candidate("a", occurred_at=NOW - timedelta(days=300))
    new = candidate("b", occurred_at=NOW - timedelta(days=1))

    assert names(QUERY, old, new) == ["b", "a"]


def test_what_its_owner_calls_important_stands_before_what_is_as_relevant() -> None:
    important = candidate("b", importance_override=1.0)

    assert names(QUERY, candidate("a", importance_override=0.0), important) == ["b", "a"]


def test_what_was_superseded_stands_last_however_relevant() -> None:
    old = candidate("a", 5.0, state=ItemState.SUPERSEDED, coverage=1.0, similarity=0.9)

    ranked = rank([old, candidate("b", 1.0)], QUERY)

    assert [entry.item.item_id for entry in ranked] == ["b", "a"]
    assert ranked[1].components["superseded"] < 1


def test_the_same_again_gives_way_to_something_else() -> None:
    first = candidate("a", 2.0, text="the harbour closes at nine in winter")
    again = candidate("b", 1.9, text="the harbour closes at nine in winter!")
    other = candidate("c", 1.7, text="ferries to the island leave every hour")

    assert names(QUERY, first, again, other) == ["a", "c", "b"]


def test_the_score_is_what_its_components_and_the_weights_make() -> None:
    found = [candidate("a", 2.0, similarity=0.5), candidate("b", 1.0, num_shared_keys=1)]

    for entry in rank(found, QUERY):
        assert entry.score == pytest.approx(fuse(entry.components, DEFAULT_WEIGHTS.as_mapping()))
        assert 0 < entry.score <= 1


def test_other_weights_give_another_order() -> None:
    by_words = candidate("a", 2.0, similarity=0.1)
    by_meaning = candidate("b", 1.0, similarity=0.9)

    assert names(QUERY, by_words, by_meaning, weights=Weights(similarity=0.0)) == ["a", "b"]
    assert names(QUERY, by_words, by_meaning, weights=Weights(similarity=10.0)) == ["b", "a"]


def test_no_more_than_wanted_and_in_the_same_order_whatever_came_first() -> None:
    found = [candidate(f"{number:03}", 1.0 + number % 9) for number in range(100)]
    query = replace(QUERY, limit=7)

    ranked = names(query, *found)

    assert len(ranked) == 7
    assert ranked == names(query, *found[::-1])


def test_what_has_nothing_to_do_with_the_question_is_not_recalled() -> None:
    assert names(QUERY, candidate("a", 1.0), candidate("b", 0.0)) == ["a"]
