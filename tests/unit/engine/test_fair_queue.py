"""Groups take turns; within one, whoever came first goes first."""

from agent_memory.engine.fair_queue import FairQueue


def queue_of(*items: tuple[str, int]) -> FairQueue[int]:
    queue: FairQueue[int] = FairQueue()
    for group, item in items:
        queue.add(group, item)
    return queue


def take_all(queue: FairQueue[int]) -> list[int]:
    taken = []
    while (item := queue.take(lambda _: True)) is not None:
        taken.append(item)
        queue.check_integrity()
    return taken


def test_a_crowded_group_does_not_hold_up_the_others() -> None:
    queue = queue_of(("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5))
    assert take_all(queue) == [1, 4, 5, 2, 3]


def test_a_group_that_comes_back_stands_at_the_end() -> None:
    queue = queue_of(("a", 1), ("b", 2))
    assert queue.take(lambda _: True) == 1
    queue.add("a", 3)
    assert take_all(queue) == [2, 3]


def test_an_item_that_is_not_ready_is_passed_over_and_keeps_its_place() -> None:
    queue = queue_of(("a", 1), ("a", 2))
    assert queue.take(lambda item: item != 1) == 2
    assert take_all(queue) == [1]


def test_nothing_is_taken_when_nothing_is_ready() -> None:
    queue = queue_of(("a", 1))
    assert queue.take(lambda _: False) is None
    assert len(queue) == 1


def test_a_removed_item_is_gone_and_removing_it_again_says_so() -> None:
    queue = queue_of(("a", 1), ("b", 2))
    assert queue.remove(1)
    assert not queue.remove(1)
    queue.check_integrity()
    assert list(queue) == [2]
