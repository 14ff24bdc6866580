"""Readers of one process."""

import pytest

from agent_memory.contexts.feed.hub import Hub
from agent_memory.contexts.feed.listener import MAX_PATTERNS
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.ids import WorkspaceId
from tests.unit.contexts.feed.dict_log import HERE, DictLog

PLAN, TEAM, ALL = KeyPattern("plan"), KeyPattern("team/*"), KeyPattern("*")


def test_a_reader_hears_its_patterns_only_each_change_once() -> None:
    hub, log = Hub(), DictLog()
    listener = hub.join(HERE, head=0)
    for pattern in (PLAN, TEAM, KeyPattern("team/a")):
        listener.start(pattern, after=0)
    hub.tell(HERE, [log.append(key) for key in ("plan", "other", "team/a", "plan")])
    assert [(it.seq, it.key) for it in listener.take()] == [
        (1, "plan"),
        (3, "team/a"),
        (4, "plan"),
    ]
    assert listener.take() == []


def test_changes_that_were_told_before_are_passed_over() -> None:
    hub, log = Hub(), DictLog()
    listener = hub.join(HERE, head=0)
    listener.start(ALL, after=0)
    first = [log.append("a"), log.append("b")]
    hub.tell(HERE, first)
    hub.tell(HERE, [*first, log.append("c")])
    assert [it.seq for it in listener.take()] == [1, 2, 3]


def test_a_gap_is_a_fault() -> None:
    hub, log = Hub(), DictLog()
    hub.join(HERE, head=0)
    log.append("a")
    with pytest.raises(InvariantBroken):
        hub.tell(HERE, [log.append("b")])


def test_other_workspaces_hear_nothing() -> None:
    hub, log = Hub(), DictLog()
    elsewhere = hub.join(WorkspaceId("ws_other"), head=0)
    elsewhere.start(ALL, after=0)
    hub.join(HERE, head=0)
    hub.tell(HERE, [log.append("a")])
    assert elsewhere.take() == []


def test_a_slow_reader_is_told_from_where_to_resume_and_waits_for_no_more() -> None:
    hub, log = Hub(max_waiting=3), DictLog()
    slow, quick = hub.join(HERE, head=0), hub.join(HERE, head=0)
    for listener in (slow, quick):
        listener.start(ALL, after=0)
    hub.tell(HERE, [log.append("a")])
    slow.take()
    for _ in range(4):
        hub.tell(HERE, [log.append("a")])
        quick.take()
    assert slow.is_late.is_set()
    assert slow.resume_from == 1
    assert slow.take() == []
    assert not quick.is_late.is_set()


def test_a_workspace_without_readers_is_forgotten() -> None:
    hub = Hub()
    one, other = hub.join(HERE, head=7), hub.join(HERE, head=9)
    assert hub.position(HERE) == 7
    hub.leave(one)
    hub.leave(one)
    assert list(hub.workspaces) == [HERE]
    hub.leave(other)
    assert list(hub.workspaces) == []
    assert hub.position(HERE) is None


def test_what_was_stopped_is_heard_no_more() -> None:
    hub, log = Hub(), DictLog()
    listener = hub.join(HERE, head=0)
    listener.start(PLAN, after=0)
    assert listener.stop(PLAN)
    assert not listener.stop(PLAN)
    hub.tell(HERE, [log.append("plan")])
    assert listener.take() == []


def test_subscriptions_are_bounded() -> None:
    listener = Hub().join(HERE, head=0)
    for number in range(MAX_PATTERNS):
        listener.start(KeyPattern(f"k{number}"), after=0)
    listener.start(KeyPattern("k0"), after=0)
    with pytest.raises(InvalidRequest):
        listener.start(KeyPattern("one more"), after=0)
