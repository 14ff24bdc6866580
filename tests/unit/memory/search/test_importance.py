"""The importance of an item, and how it changes with time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.search.importance import KINDS, ROLES, content_value, importance
from agent_memory.memory.search.recency import HALF_LIVES, recency
from tests.unit.memory.made_items import day, make_item

TEXT = "I moved to Lisbon on 3 May 2023 and started as a nurse at the harbour clinic"


def test_it_falls_with_age_and_never_to_nothing() -> None:
    item = make_item(TEXT)

    values = [importance(item, day(age)).value for age in (0, 30, 365, 10_000)]

    assert values == sorted(values, reverse=True)
    assert values[-1] > 0.3


def test_it_halves_its_recency_after_one_half_life() -> None:
    for kind, half_life in HALF_LIVES.items():
        item = make_item("x", kind)
        assert recency(item, day(0) + half_life) == pytest.approx(0.5)
        assert recency(item, day(-5)) == 1.0


def test_what_occurred_again_is_as_fresh_as_its_last_time() -> None:
    item = make_item("connection refused", ItemKind.LOG, last_at=day(50))

    assert recency(item, day(50)) == 1.0


def test_an_override_takes_the_place_of_all_else() -> None:
    item = replace(make_item(TEXT), importance_override=0.2)

    assert importance(item, day(0)).value == 0.2
    assert importance(item, day(9)).components == {"override": 0.2}


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (TEXT, "Wow, that's great!"),
        ("The deadline is next Friday at 17:00", "The deadline is coming up soon I think"),
        ("I adopted two dogs from the shelter", "Did you adopt two dogs from the shelter?"),
        ("see `parse_header` in src/http/client.py", "see what it does in the other place"),
    ],
)
def test_content_with_more_in_it_counts_more(more: str, less: str) -> None:
    assert content_value(more) > content_value(less)


def test_a_user_counts_more_than_a_tool_and_a_constraint_more_than_a_log() -> None:
    user, tool = (replace(make_item(TEXT), role=role) for role in (Role.USER, Role.TOOL))
    constraint, log = (make_item(TEXT, kind) for kind in (ItemKind.CONSTRAINT, ItemKind.LOG))

    assert importance(user, day(0)).value > importance(tool, day(0)).value
    assert importance(constraint, day(0)).value > importance(log, day(0)).value


@given(
    st.text(max_size=200),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([None, *Role]),
    st.floats(-1e5, 1e5),
)
def test_it_is_bounded_and_the_sum_of_its_components(
    text: str, kind: ItemKind, role: Role | None, age: float
) -> None:
    found = importance(replace(make_item(text, kind), role=role), day(age))

    assert 0 <= found.value <= 1
    assert found.value == pytest.approx(sum(found.components.values()))


def test_every_kind_and_role_has_its_place() -> None:
    assert set(KINDS) == set(HALF_LIVES) == set(ItemKind)
    assert set(ROLES) == {None, *Role}
