"""Logs that came through something that puts a prefix before every line."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from agent_memory.memory.extraction.line_prefixes import find_prefixes
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.keys import find_keys
from tests.unit.memory.extraction.materials import of_kind, read_log

PYTEST = """\
=================================== FAILURES ===================================
_________________________________ test_total ___________________________________

    def test_total():
>       assert total([1]) == 2
E       assert 1 == 2

tests/test_cart.py:9: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 1 == 2
========================= 1 failed, 1 passed in 0.12s =========================="""
TRACEBACK = """\
INFO starting the worker
Traceback (most recent call last):
  File "app/jobs.py", line 12, in run
    charge(order)
app.errors.QuotaError: tenant 9 is over its quota
INFO stopping the worker"""

Prefixer = Callable[[int], str]
PREFIXES: dict[str, Prefixer] = {
    "GitHub Actions": lambda n: f"2026-11-03T09:12:04.{1234567 + n}Z ",
    "gh run view": lambda n: f"test (3.12)\tRun tests\t2026-11-03T09:12:04.{1234567 + n}Z ",
    "GitLab": lambda n: f"2026-11-03T09:12:04.{123456 + n}Z 01O ",
    "Jenkins": lambda n: f"[2026-11-03T09:12:04.{100 + n}Z] ",
    "a clock": lambda n: f"09:12:{10 + n}  ",
    "docker compose": lambda _n: "\x1b[36mapi-1  | \x1b[0m",
    "journald": lambda _n: "Nov 03 09:12:04 box worker[812]: ",
    "journald, a script": lambda n: f"Nov 03 09:12:04 ci-host run.sh[{4711 + n // 99}]: ",
    "journald, ISO": lambda _n: "2026-11-03T09:12:04+0000 box worker[812]: ",
    "syslog": lambda _n: "<34>1 2026-11-03T09:12:04.003Z box worker 812 - - ",
    "kubectl": lambda _n: "[pod/api-7d9f/api] ",
    "kubectl with times": lambda n: f"[pod/api-7d9f/api] 2026-11-03T09:12:04.{123456 + n}Z ",
    "turbo": lambda _n: "@acme/web:test: ",
    "pnpm": lambda _n: "packages/web test: ",
    "concurrently": lambda _n: "[api] ",
    "foreman": lambda _n: "09:12:04 web.1   | ",
    "Heroku": lambda _n: "2026-11-03T09:12:04.123456+00:00 app[web.1]: ",
    "BuildKit": lambda n: f"#12 3.{100 + n} ",
    "colours alone": lambda _n: "\x1b[0;32m\x1b[1m\x1b[0m",
}


def prefixed(text: str, prefix: Prefixer) -> str:
    return "\n".join(prefix(number) + line for number, line in enumerate(text.split("\n")))


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES.keys())
def test_a_failed_test_is_read_below_any_prefix(prefix: Prefixer) -> None:
    (bare,) = of_kind(read_log(PYTEST), ItemKind.TEST_FAILURE)
    text = prefixed(PYTEST, prefix)
    (failure,) = of_kind(read_log(text), ItemKind.TEST_FAILURE)
    assert failure.text == bare.text
    assert (failure.fingerprint, failure.keys) == (bare.fingerprint, bare.keys)
    told = text[failure.span.begin : failure.span.end]
    assert told.startswith(prefix(1)[:5])
    assert "test_total" in told.split("\n")[0]
    assert set(bare.keys) <= set(find_keys(text))


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES.keys())
def test_a_stack_is_read_below_any_prefix(prefix: Prefixer) -> None:
    (bare,) = of_kind(read_log(TRACEBACK), ItemKind.STACK)
    drafts = read_log(prefixed(TRACEBACK, prefix))
    (stack,) = of_kind(drafts, ItemKind.STACK)
    assert (stack.text, stack.fingerprint) == (bare.text, bare.fingerprint)
    assert [d.text for d in of_kind(drafts, ItemKind.LOG)] == [
        "INFO starting the worker",
        "INFO stopping the worker",
    ]


def test_the_time_that_was_put_before_a_line_is_its_time() -> None:
    (failure,) = of_kind(
        read_log(prefixed(PYTEST, PREFIXES["GitHub Actions"])), ItemKind.TEST_FAILURE
    )
    assert failure.occurred_at == datetime(2026, 11, 3, 9, 12, 4, 123456, UTC)


def test_the_lines_of_containers_that_write_at_once_are_read_apart() -> None:
    other = [f"db-1   | LOG:  checkpoint {number}" for number in range(7)]
    own = [f"api-1  | {line}" for line in TRACEBACK.split("\n")]
    mixed = [line for pair in zip(own, other, strict=False) for line in pair]
    drafts = read_log("\n".join(["Attaching to api-1, db-1", *mixed]))
    (stack,) = of_kind(drafts, ItemKind.STACK)
    assert stack.text.startswith("app.errors.QuotaError: tenant 9 is over its quota")
    (checkpoint,) = (draft for draft in drafts if "checkpoint" in draft.text)
    assert (checkpoint.context, checkpoint.num_occurrences) == ("db-1", 6)


def test_what_differs_from_line_to_line_is_no_prefix() -> None:
    assert find_prefixes([f"src/file{n}.c:{n}:1: error: x" for n in range(9)]) is None
    assert find_prefixes(["ERROR: one", "ERROR: two", "WARNING: three", "INFO: four"]) is None
    assert find_prefixes(["ValueError: one", "ValueError: two", "ValueError: three"]) is None
    assert find_prefixes([f"user{n} | mail{n}" for n in range(9)]) is None


def test_a_line_without_the_time_of_the_others_goes_on_with_the_one_before_it() -> None:
    lines = [f"2026-11-03 09:12:0{n} INFO step {'abcdefgh'[n]}" for n in range(8)]
    drafts = read_log("\n".join([*lines, "and its reason", "2026-11-03 09:12:09 INFO over"]))
    assert any(draft.text == "INFO step h\nand its reason" for draft in drafts)
