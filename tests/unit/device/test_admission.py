"""How many may be in the engine, and what the others are told."""

import pytest

from agent_memory.device.admission import Admission
from agent_memory.errors import Draining, QueueFull


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_whoever_was_interrupted_comes_back_whatever_there_is() -> None:
    admission = Admission(max_rows=1, max_waiting=0)
    admission.enter(1)
    admission.drain(lambda: None)
    assert admission.enter(1, is_resumed=True) == 2


def test_rows_and_the_queue_bound_what_comes_in() -> None:
    admission = Admission(max_rows=2, max_waiting=1, clock=Clock())
    for _ in range(3):
        admission.enter(1)
    with pytest.raises(QueueFull) as caught:
        admission.enter(1)
    assert caught.value.num_waiting == 1


def test_who_leaves_makes_room() -> None:
    admission = Admission(max_rows=1, max_waiting=0, clock=Clock())
    admission.leave(admission.enter(1))
    assert admission.enter(1) == 2


def test_a_request_counts_with_all_its_rows() -> None:
    admission = Admission(max_rows=4, max_waiting=0, clock=Clock())
    admission.enter(3)
    with pytest.raises(QueueFull):
        admission.enter(2)
    admission.enter(1)


def test_slow_requests_make_the_others_come_back_later() -> None:
    clock = Clock()
    admission = Admission(max_rows=1, max_waiting=1, clock=clock)
    for _ in range(20):
        key = admission.enter(1)
        clock.now += 30.0
        admission.leave(key)
    admission.enter(1)
    admission.enter(1)
    with pytest.raises(QueueFull) as caught:
        admission.enter(1)
    assert 20 <= caught.value.retry_after_s <= 60


def test_draining_takes_nothing_new_and_tells_when_the_last_has_left() -> None:
    admission = Admission(max_rows=4, max_waiting=0, clock=Clock())
    first, second = admission.enter(1), admission.enter(1)
    told: list[str] = []
    admission.drain(lambda: told.append("empty"))
    with pytest.raises(Draining):
        admission.enter(1)
    admission.leave(first)
    admission.tell_when_empty()
    assert told == []
    admission.leave(second)
    admission.tell_when_empty()
    admission.tell_when_empty()
    assert told == ["empty"]


def test_draining_an_empty_engine_is_over_at_once() -> None:
    told: list[str] = []
    Admission(1, 1, Clock()).drain(lambda: told.append("empty"))
    assert told == ["empty"]
