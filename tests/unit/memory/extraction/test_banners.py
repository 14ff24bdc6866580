"""The lines that runners print around their failures are no items."""

import pytest

from agent_memory.memory.extraction.banners import is_banner
from agent_memory.memory.items.kinds import ItemKind
from tests.unit.memory.extraction.failures.test_reports import REPORTS
from tests.unit.memory.extraction.materials import read_log

PYTEST = """============================= test session starts ==============================
platform linux -- Python 3.12.3, pytest-8.2.0, pluggy-1.5.0
rootdir: /work/shop
collected 21 items / 1 error

tests/test_cart.py F.                                                   [100%]

=================================== FAILURES ===================================
_________________________________ test_total ___________________________________

E       assert 1 == 2

tests/test_cart.py:9: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 1 == 2
========================= 1 failed, 1 passed in 0.12s ==========================
"""
CARGO = """running 2 tests
test tests::fine ... ok
test tests::total ... FAILED

failures:

---- tests::total stdout ----
thread 'tests::total' panicked at src/cart.rs:9:5:
assertion failed

test result: FAILED. 1 passed; 1 failed; 0 ignored; finished in 0.00s
"""
GO = """=== RUN   TestDup
    store_test.go:71: got 2 rows, want 1
--- FAIL: TestDup (0.02s)
=== RUN   TestFine
--- PASS: TestFine (0.00s)
FAIL
FAIL	example.org/store	0.03s
"""


@pytest.mark.parametrize("text", [PYTEST, CARGO, GO])
def test_a_run_of_tests_gives_its_failure_only(text: str) -> None:
    assert [draft.kind for draft in read_log(text)] == [ItemKind.TEST_FAILURE]


# mocha prints the names of suites like any other word.
@pytest.mark.parametrize("name", sorted(set(REPORTS) - {"mocha"}))
def test_a_run_of_another_runner_gives_its_failure_only(name: str) -> None:
    kinds = [draft.kind for draft in read_log(REPORTS[name][0])]
    assert kinds == [ItemKind.TEST_FAILURE]


def test_what_a_program_says_is_no_banner() -> None:
    for line in (
        "ERROR app.py:12 cannot open the ledger",
        "plugins: loaded three",
        "error: could not compile `shop`",
        "Tests were left out",
        "FAIL to connect",
        "\u2192 listening on port 8400",
        "\u276f npm run build",
        "Failed! The queue is gone",
    ):
        assert not is_banner(line)
