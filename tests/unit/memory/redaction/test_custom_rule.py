"""Which rules a workspace may add."""

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.memory.redaction.custom_rule import CustomRule


@pytest.mark.parametrize(
    "pattern",
    [r"EMP-\d{4,8}", r"\b(?:red|blue)-[a-z]{1,20}\b", r"(?i)case [0-9]{6}", r"(?<!x)ID\d\d(?=-)"],
)
def test_bounded_patterns_are_taken(pattern: str) -> None:
    assert CustomRule("mine", pattern).compile().kind == "mine"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a+)+$", "upper bound"),
        (r"x.*y", "upper bound"),
        (r"\d{3,}", "upper bound"),
        (r"(a|a){1,40}b", "ways"),
        (r"(?:a{0,30}){0,30}b", "ways"),
        (r"a{1,80}b{1,80}c{1,80}d", "ways"),
        (r"a{0,5}", "empty string"),
        (r"\b", "empty string"),
        (r"(unclosed", "compile"),
        (r"(a)\1", "refers back"),
        ("x" * 501, "500 characters"),
        (r"[ab]{3000}", "2000 characters"),
    ],
)
def test_patterns_that_could_run_away_are_refused(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        CustomRule("mine", pattern)


@pytest.mark.parametrize("name", ["", "Upper", "has space", "x" * 41, "email", "9lives"])
def test_names_that_would_not_read_in_a_mark_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        CustomRule(name, "abc")
