"""Failures near this that happened before."""

from agent_memory.memory.items.kinds import ItemKind, KeyKind
from agent_memory.memory.search.precheck import failures_near
from agent_memory.memory.search.recalled import Recalled
from tests.unit.memory.made_items import day, key, make_item, ranked

FILE, TEST = key("pay.py"), key("test_pay", KeyKind.TEST)


def test_what_shares_a_key_comes_before_what_sounds_alike() -> None:
    alike = make_item("KeyError in billing", ItemKind.STACK, fingerprint="a")
    same_file = make_item("ValueError: rate", ItemKind.STACK, fingerprint="b", keys=(FILE,))
    near = failures_near((FILE,), ranked(alike, same_file), {}, 5)
    assert [past.item for past in near] == [same_file, alike]
    assert near[0].shared == (FILE,)


def test_the_same_failure_is_counted_over_all_its_items() -> None:
    first = make_item("boom", ItemKind.STACK, fingerprint="a", at=day(0), keys=(FILE,))
    again = make_item(
        "boom!",
        ItemKind.STACK,
        fingerprint="a",
        at=day(4),
        keys=(FILE,),
        num_occurrences=3,
        last_at=day(6),
    )
    (past,) = failures_near((FILE,), ranked(first, again), {}, 5)
    assert past.item == again
    assert past.num_occurrences == 4
    assert (past.first_occurred_at, past.last_occurred_at) == (day(0), day(6))
    assert not past.is_fixed


def test_a_fix_is_known_until_the_failure_returns() -> None:
    broken = make_item("boom", ItemKind.STACK, fingerprint="a", at=day(0), keys=(FILE, TEST))
    cure = make_item("@@", ItemKind.DIFF, at=day(2), keys=(FILE, TEST))
    linked = {broken.item_id: (cure,)}
    (past,) = failures_near((FILE,), ranked(broken), linked, 5)
    assert past.is_fixed
    assert past.fixes[0].change == cure
    back = make_item("boom", ItemKind.STACK, fingerprint="a", at=day(3), keys=(FILE, TEST))
    (past,) = failures_near((FILE,), ranked(broken, back), linked, 5)
    assert not past.is_fixed
    assert past.fixes[0].change == cure


def test_a_change_elsewhere_in_the_file_fixes_nothing() -> None:
    broken = make_item("boom", ItemKind.STACK, fingerprint="a", at=day(0), keys=(FILE,))
    other = make_item("@@", ItemKind.DIFF, at=day(2), keys=(FILE,))
    (past,) = failures_near((FILE,), ranked(broken), {broken.item_id: (other,)}, 5)
    assert (past.is_fixed, past.fixes) == (False, ())
    assert [change.change for change in past.changed_since] == [other]


def test_what_is_neither_a_failure_nor_near_is_left_out() -> None:
    near = Recalled(make_item("boom", ItemKind.ERROR), 1.0, {})
    far = Recalled(make_item("bang", ItemKind.ERROR), 0.1, {})
    message = Recalled(make_item("it went boom"), 0.9, {})
    assert [past.item for past in failures_near((), (near, message, far), {}, 5)] == [near.item]


def test_no_more_than_asked_for() -> None:
    many = [make_item(f"boom {name}", ItemKind.ERROR, keys=(TEST,)) for name in "abcdef"]
    assert len(failures_near((TEST,), ranked(*many), {}, 2)) == 2
