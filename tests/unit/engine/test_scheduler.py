"""Who runs, in whatever order things happen."""

from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from agent_memory.engine.pace import Pace
from agent_memory.engine.scheduler import Chunk, Scheduler
from agent_memory.errors import InvariantBroken


def scheduler_with(*requests: tuple[int, str, int], max_rows: int = 4) -> Scheduler:
    scheduler = Scheduler(max_rows, Pace(100))
    for key, group, num_rows in requests:
        scheduler.add(key, group, num_rows)
        scheduler.mark_ready(key)
    return scheduler


def admit_all(scheduler: Scheduler) -> list[int]:
    admitted = []
    while (key := scheduler.admit()) is not None:
        admitted.append(key)
    return admitted


def chunks(scheduler: Scheduler, count: int) -> Sequence[Chunk | None]:
    return [scheduler.next_chunk() for _ in range(count)]


def test_rows_bound_what_is_admitted() -> None:
    scheduler = scheduler_with((1, "a", 1), (2, "b", 1), (3, "c", 1), max_rows=2)
    assert admit_all(scheduler) == [1, 2]
    scheduler.remove(1)
    assert admit_all(scheduler) == [3]


def test_a_request_is_not_admitted_before_it_is_ready() -> None:
    scheduler = Scheduler(4, Pace(100))
    scheduler.add(1, "a", 1)
    assert not scheduler.can_admit
    assert scheduler.admit() is None
    scheduler.mark_ready(1)
    assert scheduler.can_admit
    assert scheduler.admit() == 1


def test_a_request_that_needs_many_rows_waits_while_a_smaller_one_goes_ahead() -> None:
    scheduler = scheduler_with((1, "a", 2), (2, "b", 3), (3, "c", 1), max_rows=3)
    assert admit_all(scheduler) == [1, 3]
    assert scheduler.num_waiting == 1


def test_a_request_with_more_rows_than_there_are_is_refused() -> None:
    with pytest.raises(InvariantBroken):
        Scheduler(4, Pace(100)).add(1, "a", 5)


def test_a_long_prompt_alone_is_cut_at_the_budget() -> None:
    scheduler = scheduler_with((1, "a", 1))
    admit_all(scheduler)
    scheduler.begin_prefill(1, 250)
    assert chunks(scheduler, 4) == [Chunk(1, 100), Chunk(1, 100), Chunk(1, 50), None]
    assert scheduler.is_decoding(1)


def test_a_short_prompt_takes_turns_with_a_long_one() -> None:
    scheduler = scheduler_with((1, "a", 1), (2, "a", 1))
    admit_all(scheduler)
    scheduler.begin_prefill(1, 1000)
    scheduler.begin_prefill(2, 30)
    assert chunks(scheduler, 2) == [Chunk(1, 100), Chunk(2, 30)]


def test_the_longest_prompt_gets_on_beside_ever_new_short_ones() -> None:
    scheduler = scheduler_with((1, "a", 1), max_rows=100)
    admit_all(scheduler)
    scheduler.begin_prefill(1, 1000)
    keys = []
    for key in range(2, 30):
        scheduler.add(key, "b", 1)
        scheduler.mark_ready(key)
        assert scheduler.admit() == key
        scheduler.begin_prefill(key, 10)
        chunk = scheduler.next_chunk()
        assert chunk is not None
        keys.append(chunk.key)
    assert keys.count(1) >= 10


def test_a_prompt_that_is_wholly_cached_decodes_at_once() -> None:
    scheduler = scheduler_with((1, "a", 1))
    admit_all(scheduler)
    scheduler.begin_prefill(1, 0)
    assert scheduler.is_decoding(1)
    assert scheduler.next_chunk() is None


class SchedulerMachine(RuleBasedStateMachine):
    """Requests come, get ready, prefill, finish choice by choice or are removed, in any order."""

    waiting = Bundle("waiting")
    admitted = Bundle("admitted")

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler(6, Pace(64))
        self.num_keys = 0
        self.rows: dict[int, int] = {}
        self.left: dict[int, int] = {}
        self.ready: set[int] = set()

    @rule(target=waiting, group=st.sampled_from("abc"), num_rows=st.integers(1, 4))
    def add(self, group: str, num_rows: int) -> int:
        self.num_keys += 1
        self.scheduler.add(self.num_keys, group, num_rows)
        self.rows[self.num_keys] = num_rows
        return self.num_keys

    @rule(key=waiting)
    def mark_ready(self, key: int) -> None:
        if key in self.rows and key not in self.left:
            self.scheduler.mark_ready(key)
            self.ready.add(key)

    @rule(num_tokens=st.integers(0, 300))
    def admit(self, num_tokens: int) -> None:
        key = self.scheduler.admit()
        if key is not None:
            assert key in self.ready
            self.left[key] = num_tokens
            self.scheduler.begin_prefill(key, num_tokens)

    @rule()
    def prefill(self) -> None:
        chunk = self.scheduler.next_chunk()
        unfinished = {key for key, left in self.left.items() if left}
        assert (chunk is None) == (not unfinished)
        if chunk is not None:
            assert 0 < chunk.num_tokens <= 64
            self.left[chunk.key] -= chunk.num_tokens
            assert self.scheduler.is_decoding(chunk.key) == (self.left[chunk.key] == 0)

    @rule(key=waiting)
    def finish_one_choice(self, key: int) -> None:
        if self.left.get(key) == 0 and self.rows[key] > 1:
            self.scheduler.release_rows(key, 1)
            self.rows[key] -= 1

    @rule(key=consumes(waiting))
    def remove(self, key: int) -> None:
        self.scheduler.remove(key)
        self.rows.pop(key)
        self.left.pop(key, None)

    @invariant()
    def books_are_right(self) -> None:
        self.scheduler.check_integrity()
        assert self.scheduler.num_rows == sum(self.rows[key] for key in self.left)
        assert self.scheduler.num_waiting == len(self.rows) - len(self.left)
        assert self.scheduler.has_work == bool(self.left)


TestAnyOrder = SchedulerMachine.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
