"""Groups take turns; within one, whoever came first goes first."""

from agent_memory.engine.fair_queue import YIELDING, FairQueue


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


def test_a_higher_priority_goes_first_among_its_own_group_only() -> None:
    queue: FairQueue[int] = FairQueue()
    for group, item, priority in [("a", 1, 0), ("b", 2, 0), ("a", 3, 1), ("a", 4, 1)]:
        queue.add(group, item, priority)
    assert take_all(queue) == [3, 2, 4, 1]


def test_what_yields_goes_behind_all_others_but_not_for_ever() -> None:
    queue: FairQueue[int] = FairQueue()
    queue.add("a", 0, -1)
    for item in range(1, 20):
        queue.add("b", item)
    taken = take_all(queue)
    assert taken.index(0) == YIELDING - 1
    assert taken[: YIELDING - 1] == list(range(1, YIELDING))


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
