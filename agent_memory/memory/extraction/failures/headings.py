"""The lines with which test runners announce a failed test."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from agent_memory.memory.extraction.failures.failure import Test


class Runner(StrEnum):
    PYTEST = "pytest"
    UNITTEST = "unittest"
    JUNIT = "junit"
    GO = "go test"
    CARGO = "cargo test"
    JEST = "jest"


@dataclass(frozen=True, slots=True)
class Heading:
    runner: Runner
    test: Test


_Reader = Callable[[re.Match[str]], Heading]


def _defects4j(match: re.Match[str]) -> Heading:
    return Heading(Runner.JUNIT, Test(match.group(2) or "(class)", match.group(1)))


def _surefire(match: re.Match[str]) -> Heading:
    if match.group(1):
        return Heading(Runner.JUNIT, Test(match.group(1), match.group(2)))
    suite, _, name = match.group(3).rpartition(".")
    return Heading(Runner.JUNIT, Test(name, suite or None))


def _suite_and_name(match: re.Match[str]) -> Heading:
    return Heading(Runner.JUNIT, Test(match.group(2).strip(), match.group(1).strip()))


def _name_and_suite(match: re.Match[str]) -> Heading:
    return Heading(Runner.JUNIT, Test(match.group(1), match.group(2)))


def _pytest(match: re.Match[str]) -> Heading:
    if match.group(1) is not None:
        return Heading(Runner.PYTEST, Test("(collection)", match.group(1), match.group(1)))
    name, bracket, parameters = match.group(2).partition("[")
    return Heading(Runner.PYTEST, Test(name.replace(".", "::") + bracket + parameters))


def _unittest(match: re.Match[str]) -> Heading:
    name, suite = match.groups()
    return Heading(Runner.UNITTEST, Test(name, suite.removesuffix(f".{name}")))


def _go(match: re.Match[str]) -> Heading:
    return Heading(Runner.GO, Test(match.group(1)))


def _cargo(match: re.Match[str]) -> Heading:
    return Heading(Runner.CARGO, Test(match.group(1)))


def _jest(match: re.Match[str]) -> Heading:
    return Heading(Runner.JEST, Test(match.group(1).strip()))


_FORMS: tuple[tuple[str, re.Pattern[str], _Reader], ...] = (
    ("--- FAIL: ", re.compile(r"\s*--- FAIL: (\S+) \([\d.]+\s?s\)"), _go),
    (
        " STDERR: ",
        re.compile(r"\s*(?:---|\u2500+) STDERR: +\S+ (\S+)(?: ---)?$"),
        _cargo,
    ),
    ("---- ", re.compile(r"---- (\S.*?) stdout ----$"), _cargo),
    ("--- ", re.compile(r"--- ([\w$]+(?:\.[\w$]+)+)(?:::(\S.*))?$"), _defects4j),
    (
        "<<< ",
        re.compile(
            r"(?:([^\s()]+)\(([\w.$]+)\)|([\w$]+(?:\.[\w$]+)*\.[^\s.]+))(?: +--)? +"
            r"Time elapsed: .*<<< (?:FAILURE|ERROR)!"
        ),
        _surefire,
    ),
    (" FAILED", re.compile(r"\s*([\w.$]+(?: > [^>]+)??) > ([^>]+) FAILED$"), _suite_and_name),
    (
        "Testcase: ",
        re.compile(r"\s*Testcase: ([^\s(]+)\(([\w.$]+)\):?\s+(?:FAILED|Caused an ERROR)"),
        _name_and_suite,
    ),
    (
        "___ ",
        re.compile(r"_{3,} (?:ERROR collecting (\S.*?)|(?:ERROR at \w+ of )?(\S.*?)) _{3,}$"),
        _pytest,
    ),
    ("FAIL: ", re.compile(r"FAIL: (\w+) \(([\w.]+)\)"), _unittest),
    ("ERROR: ", re.compile(r"ERROR: (\w+) \(([\w.]+)\)"), _unittest),
    ("\u25cf ", re.compile(r"\s*\u25cf (\S.*)$"), _jest),
)
_SUMMARY_MARKS = ("FAILED ", "ERROR ")
_MARKS = (*_SUMMARY_MARKS, *(mark for mark, _, _ in _FORMS))


def may_have_headings(text: str) -> bool:
    """Cheap; False means that there is none."""
    return any(mark in text for mark in _MARKS)


def read_heading(text: str) -> Heading | None:
    for mark, pattern, reader in _FORMS:
        if mark in text and (match := pattern.match(text)) is not None:
            return reader(match)
    return None
