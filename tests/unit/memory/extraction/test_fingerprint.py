"""The same failure has the same name, another one another."""

import pytest

from agent_memory.memory.items.item import Draft
from tests.unit.memory.extraction.materials import read_log

FAILURE = """--- org.x.csv.ParserTest::testEmpty
java.lang.IllegalStateException: row 17 at 0x7f3a is closed since 2024-05-01 10:00:00
	at org.x.csv.Parser.next(Parser.java:12)
	at org.x.csv.Parser$1.run(Parser.java:30)
	at org.x.csv.ParserTest.testEmpty(ParserTest.java:20)
	at java.lang.Thread.run(Thread.java:748)
"""


def read(text: str) -> Draft:
    (draft,) = read_log(text)
    return draft


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Parser.java:12", "Parser.java:99"),
        ("row 17 at 0x7f3a", "row 4 at 0x11"),
        ("2024-05-01 10:00:00", "2025-01-31 23:59:59"),
        ("Thread.java:748", "Thread.java:1583"),
        ("Parser$1.run", "Parser$3.run"),
    ],
)
def test_lines_values_addresses_and_times_do_not_change_it(old: str, new: str) -> None:
    assert old in FAILURE
    first, second = read(FAILURE), read(FAILURE.replace(old, new))
    assert first.fingerprint == second.fingerprint
    assert first.content_hash == second.content_hash


@pytest.mark.parametrize(
    ("old", "new"), [("IllegalStateException", "Error"), ("Parser.next", "Parser.peek")]
)
def test_another_exception_or_another_place_does(old: str, new: str) -> None:
    assert read(FAILURE).fingerprint != read(FAILURE.replace(old, new)).fingerprint


def test_without_frames_test_and_message_make_it() -> None:
    first = read("FAILED tests/test_a.py::test_b - ValueError: 17 rows")
    second = read("FAILED tests/test_a.py::test_b - ValueError: 18 rows")
    third = read("FAILED tests/test_a.py::test_c - ValueError: 18 rows")
    assert first.fingerprint == second.fingerprint != third.fingerprint
