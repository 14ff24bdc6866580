"""Failed tests of runners that print heading, message and places in one block."""

import pytest

from tests.unit.memory.extraction.failures.test_finder import find, told

VITEST = """ RUN  v2.1.0 /work/shop

 \u276f src/cart.test.ts (2 tests | 1 failed) 8ms
   \u00d7 cart > total > adds 5ms

\u23af\u23af\u23af\u23af\u23af\u23af\u23af Failed Tests 1 \u23af\u23af\u23af\u23af\u23af\u23af\u23af

 FAIL  src/cart.test.ts > cart > total > adds
AssertionError: expected 1 to be 2 // Object.is equality

- Expected
+ Received

- 2
+ 1

 \u276f src/cart.test.ts:7:15
      5|   it('adds', () => {
      7|     expect(total([1])).toBe(2)

\u23af\u23af\u23af\u23af\u23af\u23af\u23af\u23af\u23af\u23af[1/1]\u23af

 Test Files  1 failed (1)
      Tests  1 failed | 1 passed (2)
"""
NODE_TAP = """TAP version 13
# Subtest: cart
    # Subtest: adds
    not ok 1 - adds
      ---
      duration_ms: 1.5
      location: '/work/test/cart.test.js:5:3'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:

        1 !== 2

      code: 'ERR_ASSERTION'
      name: 'AssertionError'
      ...
    1..1
not ok 1 - cart
  ---
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
ok 2 - other
not ok 3 - later # TODO not yet
"""
NODE_SPEC = """\u2716 failing tests:

test at test/cart.test.js:5:3
\u2716 adds (1.5ms)
  AssertionError [ERR_ASSERTION]: 1 == 2
      at TestContext.<anonymous> (file:///work/test/cart.test.js:6:10)
      at Test.run (node:internal/test_runner/test:800:9)
"""
PERL = """ok 1 - opens
not ok 2 - adds
#   Failed test 'adds'
#   at t/cart.t line 12.
#          got: '1'
#     expected: '2'
1..2
"""
MOCHA = """  cart
    1) adds

  0 passing (4ms)
  1 failing

  1) cart
       total
         adds:

      AssertionError: expected 1 to equal 2
      at Context.<anonymous> (test/cart.js:9:14)
"""
RSPEC = """Failures:

  1) Cart#total adds
     Failure/Error: expect(total).to eq(2)

       expected: 2
            got: 1
     # ./spec/cart_spec.rb:9:in `block (2 levels) in <top (required)>'

Finished in 0.01 seconds
1 example, 1 failure
"""
MINITEST = """  1) Failure:
CartTest#test_total [test/cart_test.rb:9]:
Expected: 2
  Actual: 1

3 runs, 3 assertions, 1 failures, 0 errors, 0 skips
"""
PHPUNIT = """There was 1 failure:

1) Shop\\CartTest::testTotal
Failed asserting that 1 matches expected 2.

/work/tests/CartTest.php:12

FAILURES!
Tests: 3, Assertions: 3, Failures: 1.
"""
DOTNET = """  Failed Shop.Tests.CartTests.Total [12 ms]
  Error Message:
   Assert.Equal() Failure: Values differ
Expected: 2
Actual:   1
  Stack Trace:
     at Shop.Tests.CartTests.Total() in /work/CartTests.cs:line 12

Failed!  - Failed:     1, Passed:     2
"""
GTEST = """[==========] Running 2 tests from 1 test suite.
[ RUN      ] CartTest.Total
/work/cart_test.cc:12: Failure
Expected equality of these values:
  total
    Which is: 1
  2
[  FAILED  ] CartTest.Total (0 ms)
[ RUN      ] CartTest.Fine
[       OK ] CartTest.Fine (0 ms)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] CartTest.Total
"""
XCTEST = (
    "/work/CartTests.swift:12: error: -[ShopTests.CartTests testTotal] : "
    'XCTAssertEqual failed: ("1") is not equal to ("2")\n'
)
NEXTEST = """        FAIL [   0.005s] shop tests::total
--- STDERR:              shop tests::total ---
thread 'tests::total' panicked at src/cart.rs:9:5:
assertion `left == right` failed
"""
REPORTS = {
    "vitest": (
        VITEST,
        "src/cart.test.ts::cart > total > adds",
        "AssertionError",
        "expected 1 to be 2",
        "src/cart.test.ts:7",
    ),
    "node:test as TAP": (
        NODE_TAP,
        "adds",
        "AssertionError",
        "1 !== 2",
        "/work/test/cart.test.js:5",
    ),
    "node:test": (NODE_SPEC, "adds", "AssertionError", "1 == 2", "/work/test/cart.test.js:6"),
    "Perl": (PERL, "adds", "", "got: '1'", "t/cart.t:12"),
    "mocha": (
        MOCHA,
        "cart > total > adds",
        "AssertionError",
        "expected 1 to equal 2",
        "test/cart.js:9",
    ),
    "RSpec": (RSPEC, "Cart#total adds", "", "got: 1", "spec/cart_spec.rb:9"),
    "minitest": (MINITEST, "CartTest::test_total", "", "Actual: 1", None),
    "PHPUnit": (
        PHPUNIT,
        "Shop\\CartTest::testTotal",
        "",
        "Failed asserting that 1 matches",
        "/work/tests/CartTest.php:12",
    ),
    "dotnet": (DOTNET, "Shop.Tests.CartTests::Total", "", "Values differ", "/work/CartTests.cs:12"),
    "GoogleTest": (GTEST, "CartTest::Total", "", "Which is: 1", "/work/cart_test.cc:12"),
    "XCTest": (
        XCTEST,
        "ShopTests.CartTests::testTotal",
        "",
        'is not equal to ("2")',
        "/work/CartTests.swift:12",
    ),
    "nextest": (
        NEXTEST,
        "tests::total",
        "panic",
        "assertion `left == right` failed",
        "src/cart.rs:9",
    ),
}


@pytest.mark.parametrize(
    ("text", "test", "exception", "said", "place"), REPORTS.values(), ids=REPORTS.keys()
)
def test_a_report_gives_test_exception_message_and_place(
    text: str, test: str, exception: str, said: str, place: str | None
) -> None:
    (failure,) = find(text)
    assert told(failure)[:2] == (test, exception)
    assert said in failure.message
    assert [f"{frame.file}:{frame.line}" for frame in failure.frames[:1]] == (
        [place] if place else []
    )
