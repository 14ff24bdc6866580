"""Items that are archived, erased and held."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ItemId
from agent_memory.json_value import Json
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.retention.policy import AgeLimits, RetentionPolicy
from agent_memory.memory.retention.policy_json import read_retention, write_retention
from agent_memory.memory.retention.retention import (
    Disposal,
    Fate,
    Ground,
    ItemSummary,
    plan_retention,
    summarise,
)
from tests.unit.memory.made_items import day, make_item

NOW = day(1_000)
AGES = RetentionPolicy(ages=AgeLimits(timedelta(days=30), timedelta(days=90)))


def summary(
    name: str,
    age: float = 10,
    importance: float = 0.5,
    *,
    kind: ItemKind = ItemKind.CHAT,
    state: ItemState = ItemState.ACTIVE,
    num_uses: int = 0,
    held: bool = False,
) -> ItemSummary:
    return ItemSummary(
        ItemId(name), kind, state, NOW - timedelta(days=age), importance, num_uses, held
    )


def test_by_default_everything_is_kept() -> None:
    plan = plan_retention([summary("old", age=999, importance=0)], RetentionPolicy(), NOW)

    assert (plan.disposals, plan.held, plan.num_kept) == ((), (), 1)


def test_age_archives_and_later_erases() -> None:
    items = [summary("new", 29), summary("older", 30), summary("oldest", 90)]

    plan = plan_retention(items, AGES, NOW)

    assert plan.disposals == (
        Disposal(ItemId("older"), Fate.ARCHIVE, Ground.AGE),
        Disposal(ItemId("oldest"), Fate.ERASE, Ground.AGE),
    )
    assert plan.counts == {(Fate.ARCHIVE, Ground.AGE): 1, (Fate.ERASE, Ground.AGE): 1}


def test_a_kind_can_have_ages_of_its_own() -> None:
    policy = RetentionPolicy(
        ages=AgeLimits(erase_after=timedelta(days=365)),
        ages_by_kind={
            ItemKind.LOG: AgeLimits(erase_after=timedelta(days=7)),
            ItemKind.DECISION: AgeLimits(),
        },
    )
    items = [
        summary("log", 8, kind=ItemKind.LOG),
        summary("chat", 8),
        summary("decision", 999, kind=ItemKind.DECISION),
    ]

    assert plan_retention(items, policy, NOW).to_erase == ("log",)


def test_what_matters_is_not_archived_for_its_age_and_still_forgotten_in_the_end() -> None:
    policy = replace(AGES, spare_above=0.8)
    items = [summary("spared", 60, 0.9), summary("not", 60, 0.7), summary("due", 90, 0.9)]

    plan = plan_retention(items, policy, NOW)

    assert (plan.to_archive, plan.to_erase) == (("not",), ("due",))


def test_what_does_not_matter_is_archived_once_it_is_old_enough() -> None:
    policy = RetentionPolicy(archive_below=0.3, min_age=timedelta(days=2))
    items = [summary("dull", 3, 0.2), summary("dull but new", 1, 0.2), summary("fine", 3, 0.3)]

    plan = plan_retention(items, policy, NOW)

    assert plan.disposals == (Disposal(ItemId("dull"), Fate.ARCHIVE, Ground.IMPORTANCE),)


def test_of_too_many_those_worth_least_go_and_use_adds_to_worth() -> None:
    items = [
        summary("low", importance=0.3),
        summary("used", importance=0.3, num_uses=20),
        summary("high", importance=0.6),
    ]

    assert plan_retention(items, RetentionPolicy(max_active=2), NOW).to_archive == ("low",)
    assert plan_retention(items, RetentionPolicy(max_items=2), NOW).to_erase == ("low",)


def test_of_too_many_items_those_that_are_archived_go_first() -> None:
    items = [
        summary("active", importance=0.1),
        summary("archived", importance=0.9, state=ItemState.ARCHIVED),
    ]

    assert plan_retention(items, RetentionPolicy(max_items=1), NOW).to_erase == ("archived",)


def test_what_was_superseded_is_not_archived_but_erased_when_its_time_has_come() -> None:
    items = [
        summary("was", 60, state=ItemState.SUPERSEDED),
        summary("long ago", 99, state=ItemState.SUPERSEDED),
    ]

    plan = plan_retention(items, AGES, NOW)

    assert (plan.to_archive, plan.to_erase) == ((), ("long ago",))


def test_a_hold_wins_and_the_plan_says_what_it_kept() -> None:
    plan = plan_retention([summary("held", 99, held=True)], AGES, NOW)

    assert plan.disposals == ()
    assert plan.held == (Disposal(ItemId("held"), Fate.ERASE, Ground.AGE),)
    assert plan.num_kept == 1


def test_an_item_is_summarised_by_its_last_time_and_its_importance_now() -> None:
    item = replace(
        make_item("x", last_at=day(5)), importance_override=0.7, num_uses=3, legal_hold=True
    )

    assert summarise(item, NOW) == ItemSummary(
        item.item_id, ItemKind.CHAT, ItemState.ACTIVE, day(5), 0.7, 3, legal_hold=True
    )


SUMMARIES = st.lists(
    st.builds(
        summary,
        st.uuids().map(str),
        st.floats(-5, 400),
        st.floats(0, 1),
        kind=st.sampled_from(ItemKind),
        state=st.sampled_from(ItemState),
        num_uses=st.integers(0, 9),
        held=st.booleans(),
    ),
    max_size=25,
)
POLICIES = st.builds(
    RetentionPolicy,
    ages=st.sampled_from([AgeLimits(), AGES.ages, AgeLimits(erase_after=timedelta(days=60))]),
    archive_below=st.sampled_from([None, 0.0, 0.4]),
    spare_above=st.sampled_from([None, 0.4, 0.9]),
    min_age=st.sampled_from([timedelta(0), timedelta(days=20)]),
    max_active=st.sampled_from([None, 1, 5]),
    max_items=st.sampled_from([None, 5, 10]),
)


@given(SUMMARIES, POLICIES)
def test_holds_are_never_touched_and_nothing_has_two_fates(
    items: list[ItemSummary], policy: RetentionPolicy
) -> None:
    plan = plan_retention(items, policy, NOW)

    held = {item.item_id for item in items if item.legal_hold}
    disposed = [one.item_id for one in plan.disposals]
    assert held.isdisjoint(disposed)
    assert {one.item_id for one in plan.held} <= held
    assert len(set(disposed)) == len(disposed)
    assert plan.num_kept + len(plan.to_archive) + len(plan.to_erase) == len(items)


@given(SUMMARIES, POLICIES)
def test_when_a_plan_was_carried_out_there_is_nothing_left_to_do(
    items: list[ItemSummary], policy: RetentionPolicy
) -> None:
    plan = plan_retention(items, policy, NOW)
    archived, erased = set(plan.to_archive), set(plan.to_erase)
    left = [
        replace(item, state=ItemState.ARCHIVED) if item.item_id in archived else item
        for item in items
        if item.item_id not in erased
    ]

    assert plan_retention(left, policy, NOW).disposals == ()


@given(POLICIES)
def test_a_policy_comes_back_from_its_json(policy: RetentionPolicy) -> None:
    by_kind = replace(policy, ages_by_kind={ItemKind.LOG: AGES.ages})

    assert read_retention(write_retention(by_kind)) == by_kind


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        ({"archive_after_days": 0}, "archive_after_days"),
        ({"erase_after_days": -1}, "erase_after_days"),
        ({"archive_after_days": 9, "erase_after_days": 8}, "erase_after_days"),
        ({"archive_after_days": "9"}, "archive_after_days"),
        ({"erase_after_days": 1e300}, "erase_after_days"),
        ({"archive_below": 1.5}, "archive_below"),
        ({"archive_below": 0.5, "spare_above": 0.4}, "archive_below"),
        ({"max_items": 0}, "max_items"),
        ({"max_items": 2.5}, "max_items"),
        ({"max_items": True}, "max_items"),
        ({"max_active": 9, "max_items": 8}, "max_active"),
        ({"min_age_days": -1}, "min_age_days"),
        ({"by_kind": {"nonsense": {}}}, "by_kind"),
        ({"by_kind": {"log": 3}}, "by_kind"),
        ({"by_kind": {"log": {"max_items": 3}}}, "max_items"),
        ({"forever": True}, "forever"),
    ],
)
def test_a_mistake_is_named_with_its_field(raw: dict[str, Json], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_retention(raw)

    assert refused.value.param == param
