"""Plans of consolidation: shown, done and taken back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.errors import Conflict
from agent_memory.ids import ItemId
from agent_memory.memory.consolidation.consolidate import consolidate
from agent_memory.memory.consolidation.plan import ActionKind, apply_plan
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState
from tests.unit.memory.consolidation.duplicates import looks
from tests.unit.memory.made_items import day, make_item

NOW = day(100)
TEXT = "we store the transcripts of all sessions in PostgreSQL"


def decision(text: str, at: float = 0, subject: str | None = None) -> Item:
    return make_item(text, ItemKind.DECISION, at=day(at), subject=subject)


def test_thirty_retries_become_one_item_with_thirty_occurrences() -> None:
    items = [decision(TEXT, n) for n in range(30)]

    plan = consolidate(items, NOW)
    after = apply_plan(plan, items)

    assert [action.kind for action in plan.actions] == [ActionKind.MERGE]
    assert plan.counts == {"active": 1, "merged": 29}
    assert (after[0].num_occurrences, after[0].last_occurred_at) == (30, day(29))
    assert {item.successor_id for item in after[1:]} == {after[0].item_id}


def test_a_plan_that_was_done_leaves_nothing_to_do() -> None:
    items = [decision(TEXT, n) for n in range(3)] + [
        decision("we use MySQL", 1, "database"),
        decision("we use SQLite", 2, "database"),
    ]

    after = apply_plan(consolidate(items, NOW), items)

    assert consolidate(after, NOW).actions == ()


def test_precision_and_recall_over_a_memory_of_duplicates_and_decoys() -> None:
    items: list[Item] = []
    similarities: dict[frozenset[ItemId], float] = {}
    expected: set[ItemId] = set()
    for number, look in enumerate(looks()):
        case = f"case{number}x"  # keeps one from being a duplicate of another
        one = decision(f"{case}: {look.one}", number)
        other = decision(f"{case}: {look.other}", number + 0.5)
        items += (one, other)
        similarities[frozenset((one.item_id, other.item_id))] = look.similarity
        if look.is_same:
            expected.add(other.item_id)

    after = apply_plan(consolidate(items, NOW, similarities), items)
    merged = {item.item_id for item in after if item.state is ItemState.MERGED}

    assert len(merged & expected) == len(merged)
    assert len(merged & expected) >= 0.95 * len(expected)


def test_likeness_does_not_carry_over_from_neighbour_to_neighbour() -> None:
    chain = [decision(f"plan {word} for the launch party", n) for n, word in enumerate("abc")]
    similarities = {
        frozenset((chain[0].item_id, chain[1].item_id)): 0.98,
        frozenset((chain[1].item_id, chain[2].item_id)): 0.98,
        frozenset((chain[0].item_id, chain[2].item_id)): 0.90,
    }

    after = apply_plan(consolidate(chain, NOW, similarities), chain)

    assert [item.state for item in after] == [
        ItemState.ACTIVE, ItemState.MERGED, ItemState.ACTIVE,
    ]  # fmt: skip


def test_an_item_found_in_two_ways_counts_once() -> None:
    item = decision(TEXT)

    assert consolidate([item, item], NOW).actions == ()


def test_what_changed_since_the_plan_was_made_is_not_overwritten() -> None:
    items = [decision(TEXT), decision(TEXT, 1)]
    plan = consolidate(items, NOW)
    archived = replace(items[1], state=ItemState.ARCHIVED)

    with pytest.raises(Conflict, match="changed since"):
        apply_plan(plan, [items[0], archived])


SAID = st.tuples(
    st.sampled_from([TEXT, TEXT + ".", "we use MySQL", "we use SQLite", "the limit is 10"]),
    st.integers(0, 5),
    st.sampled_from([None, "database"]),
)


@given(st.lists(SAID, max_size=10))
def test_a_plan_and_its_inverse_leave_everything_as_it_was(
    said: list[tuple[str, int, str | None]],
) -> None:
    items = tuple(decision(*one) for one in said)
    plan = consolidate(items, NOW)

    done = apply_plan(plan, items)

    assert apply_plan(plan.inverse(), done) == items


@given(st.lists(SAID, max_size=10))
def test_no_two_actions_change_the_same_item(said: list[tuple[str, int, str | None]]) -> None:
    plan = consolidate([decision(*one) for one in said], NOW)

    changed = [change.item_id for action in plan.actions for change in action.changes]
    assert len(changed) == len(set(changed))
