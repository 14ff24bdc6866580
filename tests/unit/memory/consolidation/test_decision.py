"""Whether two items say the same, judged over made-up duplicates and decoys."""

from collections import Counter
from dataclasses import replace

import pytest

from agent_memory.ids import ThreadId
from agent_memory.memory.consolidation.decision import Keep, Merge, Supersede, decide
from agent_memory.memory.items.kinds import ItemKind, ItemState
from tests.unit.memory.consolidation.duplicates import looks
from tests.unit.memory.made_items import day, make_item


def test_duplicates_are_found_and_decoys_kept_apart() -> None:
    outcomes: Counter[tuple[bool, bool]] = Counter()
    for look in looks():
        one = make_item(look.one, ItemKind.DECISION)
        other = make_item(look.other, ItemKind.DECISION, at=day(1))
        is_merged = isinstance(decide(one, other, look.similarity), Merge)
        outcomes[look.is_same, is_merged] += 1

    precision = outcomes[True, True] / (outcomes[True, True] + outcomes[False, True])
    recall = outcomes[True, True] / (outcomes[True, True] + outcomes[True, False])
    assert precision == 1.0
    assert recall >= 0.95


def test_likeness_of_meaning_counts_only_where_it_is_known_and_high() -> None:
    one = make_item("we chose Kafka for order events", ItemKind.DECISION)
    other = make_item("for order events, Kafka is what we chose", ItemKind.DECISION, at=day(1))

    assert isinstance(decide(one, other, 0.98), Merge)
    assert isinstance(decide(one, other, 0.96), Keep)
    assert isinstance(decide(one, other), Keep)


def test_the_earlier_of_two_is_kept_whichever_comes_first() -> None:
    earlier = make_item("we use Kafka", ItemKind.DECISION, at=day(1))
    later = make_item("We use Kafka.", ItemKind.DECISION, at=day(2))

    for decision in (decide(earlier, later), decide(later, earlier)):
        assert decision == Merge(earlier.item_id, later.item_id, "the same words")


def test_another_statement_on_the_same_subject_takes_the_place_of_the_older() -> None:
    older = make_item("the limit is 10", ItemKind.CONSTRAINT, at=day(1), subject="limit")
    newer = make_item("the limit is 20", ItemKind.CONSTRAINT, at=day(2), subject="limit")

    decision = decide(newer, older, 0.99)

    assert isinstance(decision, Supersede)
    assert (decision.older, decision.newer) == (older.item_id, newer.item_id)


@pytest.mark.parametrize("kind", [ItemKind.QUESTION, ItemKind.CHAT, ItemKind.DIFF])
def test_what_is_no_statement_supersedes_nothing(kind: ItemKind) -> None:
    older = make_item("how large is the limit of a batch", kind, subject="limit")
    newer = make_item("how large is the limit of a call", kind, at=day(1), subject="limit")

    assert isinstance(decide(older, newer), Keep)


def test_items_of_two_threads_stand_for_each_other_only_on_request() -> None:
    one = make_item("we use Kafka for order events", ItemKind.DECISION)
    other = replace(one, item_id=make_item("x").item_id, thread_id=ThreadId("another"))

    assert isinstance(decide(one, other), Keep)
    assert isinstance(decide(one, other, across_threads=True), Merge)


def test_what_is_not_active_is_left_alone() -> None:
    one = make_item("we use Kafka", ItemKind.DECISION)
    other = make_item("we use Kafka", ItemKind.DECISION, at=day(1), state=ItemState.ARCHIVED)

    assert isinstance(decide(one, other), Keep)


def test_short_messages_and_those_of_two_speakers_are_kept() -> None:
    thanks = make_item("Thanks a lot!"), make_item("Thanks a lot!", at=day(1))
    text = "I went to the support group yesterday evening"
    speakers = make_item(text, speaker="Ada"), make_item(text, speaker="Bob", at=day(1))

    assert isinstance(decide(*thanks), Keep)
    assert isinstance(decide(*speakers), Keep)


def test_changes_of_code_are_the_same_only_when_equal() -> None:
    text = "src/pool.py | -    if size >= limit and not closed and ready: +    if size > limit"
    one = make_item(text, ItemKind.DIFF)
    almost = make_item(text.replace("ready", "steady"), ItemKind.DIFF, at=day(1))

    assert isinstance(decide(one, almost, 0.999), Keep)
