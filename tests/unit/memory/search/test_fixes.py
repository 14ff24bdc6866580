"""Which changes are known to have fixed a failure."""

import pytest

from agent_memory.memory.items.kinds import ItemKind, KeyKind
from agent_memory.memory.search.fixes import changes_since, known_fixes
from tests.unit.memory.made_items import day, key, make_item

FILE, SYMBOL, TEST = key("pay.py"), key("Cart.total", KeyKind.SYMBOL), key("t_pay", KeyKind.TEST)


def test_a_later_change_of_the_test_or_the_symbol_is_a_fix() -> None:
    broken = make_item("boom", ItemKind.TEST_FAILURE, at=day(0), keys=(FILE, SYMBOL, TEST))
    for told_by in (SYMBOL, TEST):
        change = make_item("@@", ItemKind.DIFF, at=day(1), keys=(FILE, told_by))
        (fix,) = known_fixes(broken, (change,))
        assert fix.change == change
        assert fix.shared == (FILE, told_by)
        assert fix.has_held


@pytest.mark.parametrize(("line", "is_fix"), [(12, True), (3, True), (90, False)])
def test_a_change_of_the_file_is_a_fix_where_it_is_near_the_lines_that_failed(
    line: int, is_fix: bool
) -> None:
    broken = make_item(
        "TypeError: x\n  at total (shop/pay.py:12)", ItemKind.STACK, at=day(0), keys=(FILE,)
    )
    diff = f"--- a/shop/pay.py\n+++ b/shop/pay.py\n@@ -{line},2 +{line},2 @@\n-a\n+b"
    change = make_item(diff, ItemKind.DIFF, at=day(1), keys=(FILE,))
    assert [fix.change for fix in known_fixes(broken, (change,))] == [change] * is_fix
    assert [fix.change for fix in changes_since(broken, (change,))] == [change] * (not is_fix)


def test_an_earlier_change_a_message_and_a_stranger_are_none() -> None:
    broken = make_item("boom", ItemKind.TEST_FAILURE, at=day(2), keys=(FILE,))
    earlier = make_item("@@", ItemKind.DIFF, at=day(1), keys=(FILE,))
    message = make_item("look at pay.py", at=day(3), keys=(FILE,))
    stranger = make_item("@@", ItemKind.DIFF, at=day(3), keys=(key("other.py"),))
    assert known_fixes(broken, (earlier, message, stranger)) == ()


def test_a_change_after_which_it_failed_again_comes_behind_one_that_held() -> None:
    broken = make_item("boom", ItemKind.STACK, at=day(0), last_at=day(5), keys=(FILE, TEST))
    attempt = make_item("@@ a", ItemKind.DIFF, at=day(1), keys=(FILE, TEST))
    cure = make_item("@@ b", ItemKind.DIFF, at=day(6), keys=(TEST,))
    fixes = known_fixes(broken, (attempt, cure))
    assert [(fix.change, fix.has_held) for fix in fixes] == [(cure, True), (attempt, False)]


def test_the_test_tells_more_than_the_symbol() -> None:
    broken = make_item("boom", ItemKind.STACK, at=day(0), keys=(SYMBOL, TEST))
    near = make_item("@@ a", ItemKind.DIFF, at=day(1), keys=(SYMBOL,))
    nearer = make_item("@@ b", ItemKind.DIFF, at=day(2), keys=(TEST,))
    assert [fix.change for fix in known_fixes(broken, (near, nearer))] == [nearer, near]


def test_of_a_file_and_its_hunk_the_hunk_is_shown() -> None:
    broken = make_item("boom", ItemKind.STACK, at=day(0), keys=(FILE, SYMBOL))
    file = make_item("pay.py: +1", ItemKind.DIFF, at=day(1), keys=(FILE, SYMBOL), item_id="file")
    hunk = make_item("@@", ItemKind.DIFF, at=day(1), keys=(FILE, SYMBOL), source_id="file")
    assert [fix.change for fix in known_fixes(broken, (file, hunk))] == [hunk]
