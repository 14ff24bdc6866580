"""Failed tests, as their runners report them. The first form is that of Defects4J (MIT), whose
trigger_tests of JxPath 21 and Csv 1 are shortened here."""

from agent_memory.memory.extraction.failures.failure import Failure
from agent_memory.memory.extraction.failures.finder import find_failures
from agent_memory.memory.extraction.lines import cut_lines


def find(text: str) -> list[Failure]:
    return find_failures(text, cut_lines(text))


def told(failure: Failure) -> tuple[str, str, str]:
    assert failure.test is not None
    return failure.test.test_id, failure.exception, failure.message


def test_defects4j() -> None:
    text = """--- org.x.csv.ParserTest::testCarriageReturn
junit.framework.AssertionFailedError: Expected: a
Result: b

	at junit.framework.Assert.fail(Assert.java:57)
	at org.x.csv.ParserTest.testCarriageReturn(ParserTest.java:145)
	at sun.reflect.NativeMethodAccessorImpl.invoke0(Native Method)
--- org.x.csv.ParserTest::testEmpty
java.lang.NullPointerException
	at org.x.csv.Parser.next(Parser.java:12)
	at org.x.csv.ParserTest.testEmpty(ParserTest.java:20)
"""
    first, second = find(text)
    assert told(first) == (
        "org.x.csv.ParserTest::testCarriageReturn",
        "junit.framework.AssertionFailedError",
        "Expected: a\nResult: b",
    )
    assert [frame.line for frame in first.frames] == [145]
    assert told(second)[1:] == ("java.lang.NullPointerException", "")
    assert (second.begin, second.end) == (7, 11)


def test_maven() -> None:
    text = """[INFO] Running org.x.FooTest
[ERROR] Tests run: 2, Failures: 2, Errors: 0, Skipped: 0 <<< FAILURE! - in org.x.FooTest
[ERROR] testOld(org.x.FooTest)  Time elapsed: 0.01 s  <<< FAILURE!
java.lang.AssertionError: expected 1
	at org.x.FooTest.testOld(FooTest.java:9)

[ERROR] org.x.FooTest.testNew -- Time elapsed: 0.002 s <<< ERROR!
java.lang.IllegalStateException: closed
	at org.x.Foo.open(Foo.java:3)

[ERROR] Failures:
[ERROR]   FooTest.testOld:9 expected 1
"""
    assert [told(failure) for failure in find(text)] == [
        ("org.x.FooTest::testOld", "java.lang.AssertionError", "expected 1"),
        ("org.x.FooTest::testNew", "java.lang.IllegalStateException", "closed"),
    ]


def test_gradle_and_ant() -> None:
    gradle = """org.x.FooTest > testBar FAILED
    java.lang.AssertionError: no
        at org.x.FooTest.testBar(FooTest.java:9)
"""
    ant = """    [junit] Testcase: testBar(org.x.FooTest):	FAILED
    [junit] no
    [junit] junit.framework.AssertionFailedError: no
    [junit] 	at org.x.FooTest.testBar(FooTest.java:9)
"""
    for text, exception in (
        (gradle, "java.lang.AssertionError"),
        (ant, "junit.framework.AssertionFailedError"),
    ):
        assert [told(failure) for failure in find(text)] == [
            ("org.x.FooTest::testBar", exception, "no")
        ]


def test_pytest() -> None:
    text = """=================================== FAILURES ===================================
________________________________ TestCart.test_total[3] ________________________________

self = <tests.test_cart.TestCart object at 0x7f00>

    def test_total(self, n):
>       assert total(n) == 6

tests/test_cart.py:12: in test_total
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

src/cart.py:4: in total
    return parse(n)
E   ValueError: bad value: 3
E   on line 2

src/cart.py:9: ValueError
=========================== short test summary info ============================
FAILED tests/test_cart.py::TestCart::test_total[3] - ValueError: bad value: 3
FAILED tests/test_shop.py::test_open - assert 1 == 2
ERROR tests/test_db.py - ModuleNotFoundError: No module named 'db'
"""
    block, summary, collection = find(text)
    assert told(block) == (
        "tests/test_cart.py::TestCart::test_total[3]",
        "ValueError",
        "bad value: 3\non line 2",
    )
    assert [(f.file, f.line) for f in block.frames] == [
        ("src/cart.py", 9),
        ("src/cart.py", 4),
        ("tests/test_cart.py", 12),
    ]
    assert told(summary) == ("tests/test_shop.py::test_open", "AssertionError", "assert 1 == 2")
    assert told(collection)[1] == "ModuleNotFoundError"


def test_unittest() -> None:
    text = """======================================================================
FAIL: test_add (tests.test_math.TestMath.test_add)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/srv/tests/test_math.py", line 5, in test_add
    self.assertEqual(1, 2)
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 1 test in 0.000s
"""
    assert [told(failure) for failure in find(text)] == [
        ("tests.test_math.TestMath::test_add", "AssertionError", "1 != 2")
    ]


def test_junit_xml() -> None:
    text = """<?xml version="1.0"?><testsuite name="s" tests="3">
  <testcase classname="org.x.FooTest" name="good" time="0.1"/>
  <testcase classname="org.x.FooTest" name="bad" time="0.1">
    <failure message="expected &lt;1&gt;" type="java.lang.AssertionError">
<![CDATA[java.lang.AssertionError: expected <1>
	at org.x.FooTest.bad(FooTest.java:9)
]]></failure>
  </testcase>
  <testcase classname="tests.test_a" name="test_b" file="tests/test_a.py">
    <error message="boom > 1" type="ValueError">no trace here</error></testcase>
  <testcase classname="c" name="broken_off"><failure message="half
"""
    failures = find(text)
    assert [told(failure) for failure in failures] == [
        ("org.x.FooTest::bad", "java.lang.AssertionError", "expected <1>"),
        ("tests.test_a::test_b", "ValueError", "boom > 1"),
        ("c::broken_off", "", ""),
    ]
    assert [frame.line for frame in failures[0].frames] == [9]


def test_go() -> None:
    text = """=== RUN   TestCart
=== RUN   TestCart/empty
    cart_test.go:14: got 3, want 0
--- FAIL: TestCart (0.00s)
    --- FAIL: TestCart/empty (0.00s)
        cart_test.go:14: got 3, want 0
        second line
FAIL
FAIL	example.com/cart	0.004s
"""
    failures = find(text)
    assert [told(failure) for failure in failures] == [
        ("TestCart/empty", "", "got 3, want 0\nsecond line")
    ]
    assert failures[0].frames[0].file == "cart_test.go"


def test_cargo() -> None:
    text = """running 2 tests
test cart::tests::total ... FAILED
test cart::tests::quiet ... FAILED

failures:

---- cart::tests::total stdout ----
thread 'cart::tests::total' panicked at src/cart.rs:21:9:
assertion `left == right` failed
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1`

failures:
    cart::tests::total
"""
    failures = {failure.test.name: failure for failure in find(text) if failure.test}
    assert set(failures) == {"cart::tests::total", "cart::tests::quiet"}
    assert failures["cart::tests::total"].message.startswith("assertion `left == right` failed")
    assert failures["cart::tests::total"].frames[0].file == "src/cart.rs"


def test_jest() -> None:
    text = """FAIL src/cart.test.js
  \u25cf Cart \u203a total \u203a sums lines

    expect(received).toBe(expected) // Object.is equality

    Expected: 3
    Received: 4

      10 |     const cart = new Cart();
    > 11 |     expect(cart.total()).toBe(3);
         |                          ^

      at Object.<anonymous> (src/cart.test.js:11:26)

Test Suites: 1 failed, 1 total
"""
    (failure,) = find(text)
    assert failure.test is not None
    assert failure.test.name == "Cart \u203a total \u203a sums lines"
    assert failure.test.file == "src/cart.test.js"
    assert failure.message.startswith("expect(received).toBe(expected)")


def test_a_stack_beside_a_failed_test_is_found_too() -> None:
    text = """--- a.b.CTest::testX
java.lang.Error: x
	at a.b.CTest.testX(CTest.java:1)

thread 'main' panicked at src/main.rs:1:1:
boom
"""
    failures = find(text)
    assert [failure.test is None for failure in failures] == [False, True]


def test_go_says_more_with_v_before_the_failure() -> None:
    text = """=== RUN   TestDup
    store_test.go:71: got 2 rows, want 1
--- FAIL: TestDup (0.02s)
=== RUN   TestFine
    store_test.go:80: all is well
--- PASS: TestFine (0.00s)
=== RUN   TestTable
=== RUN   TestTable/empty
    table_test.go:12: empty: got nil
=== RUN   TestTable/full
--- FAIL: TestTable (0.00s)
    --- FAIL: TestTable/empty (0.00s)
    --- PASS: TestTable/full (0.00s)
FAIL
FAIL	example.org/store	0.03s
"""
    first, second = find(text)
    assert told(first) == ("TestDup", "", "got 2 rows, want 1")
    assert [(f.file, f.line) for f in first.frames] == [("store_test.go", 71)]
    assert (first.begin, first.end) == (1, 3)
    assert told(second) == ("TestTable/empty", "", "empty: got nil")


def test_go_tests_that_take_turns_keep_their_own_words() -> None:
    text = """=== RUN   TestA
=== PAUSE TestA
=== RUN   TestB
=== PAUSE TestB
=== CONT  TestA
    a_test.go:1: of a
=== CONT  TestB
    b_test.go:2: of b
=== NAME  TestA
    a_test.go:3: of a again
--- FAIL: TestB (0.10s)
--- FAIL: TestA (0.10s)
"""
    assert [told(failure) for failure in find(text)] == [
        ("TestB", "", "of b"),
        ("TestA", "", "of a\nof a again"),
    ]


def test_go_keeps_what_was_said_before_a_panic() -> None:
    text = """=== RUN   TestOpen
    open_test.go:9: the path is empty
--- FAIL: TestOpen (0.00s)
panic: runtime error: invalid memory address or nil pointer dereference

goroutine 7 [running]:
example.org/store.Open(...)
	/src/store/open.go:14 +0x1d
"""
    (failure,) = find(text)
    assert "invalid memory address" in failure.message
    assert "the path is empty" in failure.message


def test_a_parameter_with_dots_of_pytest_is_one_test() -> None:
    text = """=================================== FAILURES ===================================
____________________________ test_price[1.5-EUR] _______________________________

E       assert 2 == 3

tests/test_price.py:9: AssertionError
_______________________ TestCart.test_total[a::b v1.2] _________________________

E       assert 1 == 3

tests/test_cart.py:5: AssertionError
=========================== short test summary info ============================
FAILED tests/test_price.py::test_price[1.5-EUR] - assert 2 == 3
FAILED tests/test_cart.py::TestCart::test_total[a::b v1.2] - assert 1 == 3
"""
    assert [told(failure)[0] for failure in find(text)] == [
        "tests/test_price.py::test_price[1.5-EUR]",
        "tests/test_cart.py::TestCart::test_total[a::b v1.2]",
    ]


def test_a_file_that_pytest_cannot_collect_fails_once() -> None:
    text = """==================================== ERRORS ====================================
____________________ ERROR collecting tests/test_export.py _____________________
/opt/python/importlib/__init__.py:90: in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
tests/test_export.py:3: in <module>
    from shop.export import write
E   ModuleNotFoundError: No module named 'shop.export'
=========================== short test summary info ============================
ERROR tests/test_export.py - ModuleNotFoundError: No module named 'shop.export'
"""
    (failure,) = find(text)
    assert told(failure) == (
        "tests/test_export.py::(collection)",
        "ModuleNotFoundError",
        "No module named 'shop.export'",
    )
    assert [frame.file for frame in failure.frames] == ["tests/test_export.py"]


def test_the_summary_of_pytest_names_the_file_of_a_test_that_failed_elsewhere() -> None:
    text = """=================================== FAILURES ===================================
_________________________________ test_total ___________________________________

tests/helpers.py:4: in check
E       assert 1 == 2
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 1 == 2
"""
    (failure,) = find(text)
    assert told(failure)[0] == "tests/test_cart.py::test_total"
