"""Who is served first when there is not room for all."""

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.waiting_line import OVERDUE_S, Waiter, WaitingLine
from agent_memory.ids import BlockHash, LeaseId
from tests.unit.cache.sequences import ROOT

OTHER_ROOT = root_hash("model", "float32", "another workspace")


def line_of(*waiters: Waiter) -> WaitingLine:
    line = WaitingLine()
    for waiter in waiters:
        line.join(waiter)
        line.check_integrity()
    return line


def waiter(
    name: str, since: float, root: BlockHash = ROOT, priority: int = 0, num_bytes: int = 10
) -> Waiter:
    return Waiter(LeaseId(name), root, "alice", num_bytes, LeaseTerms(priority), since)


def names(line: WaitingLine, now: float, used: dict[BlockHash, int] | None = None) -> list[str]:
    used = used or {}
    return [each.lease_id for each in line.in_order(lambda root: used.get(root, 0), now)]


def test_who_comes_first_is_served_first() -> None:
    assert names(line_of(waiter("b", 2), waiter("a", 1), waiter("c", 3)), 4) == ["a", "b", "c"]


def test_a_workspace_that_has_less_goes_first() -> None:
    line = line_of(waiter("mine", 1), waiter("theirs", 2, OTHER_ROOT))
    assert names(line, 3, {ROOT: 50, OTHER_ROOT: 20}) == ["theirs", "mine"]


def test_a_crowd_of_one_workspace_does_not_hold_up_another() -> None:
    crowd = [waiter(f"crowd {at}", at) for at in range(3)]
    order = names(line_of(*crowd, waiter("single", 5, OTHER_ROOT)), 6)
    assert order == ["crowd 0", "single", "crowd 1", "crowd 2"]


def test_a_higher_priority_goes_before_its_own_workspace_only() -> None:
    line = line_of(
        waiter("first", 1), waiter("theirs", 2, OTHER_ROOT), waiter("urgent", 3, priority=1)
    )
    assert names(line, 4) == ["theirs", "urgent", "first"]


def test_what_yields_stands_behind_everyone_until_it_is_overdue() -> None:
    line = line_of(waiter("patient", 1, priority=-1), waiter("late", 20, OTHER_ROOT))
    assert names(line, 21, {OTHER_ROOT: 100}) == ["late", "patient"]
    assert names(line, 1 + OVERDUE_S, {OTHER_ROOT: 100}) == ["patient", "late"]


def test_who_leaves_does_not_wait_any_more() -> None:
    line = line_of(waiter("a", 1), waiter("b", 2))
    line.leave(LeaseId("a"))
    line.leave(LeaseId("a"))
    assert names(line, 3) == ["b"]
    assert len(line) == 1
    assert line.of_owner("alice") == ("b",)
