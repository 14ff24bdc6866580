"""Rules that a workspace adds: a name and a regular expression that cannot run away.

Python's matcher tries every way in which a pattern can fit, so the number of ways is what is
bounded here: `(a+)+$` has infinitely many, `EMP-\\d{4,8}` has five. A repetition without an upper
bound is refused for that reason, and so is one of many alternatives: time is linear in the text.
"""

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent_memory.errors import InvalidRequest
from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.rule import Rule, pattern_rule

# What the compiler itself reads; no stub describes these two modules.
_constants: Any = importlib.import_module("re._constants")
_parser: Any = importlib.import_module("re._parser")

MAX_PATTERN_LENGTH = 500
MAX_WAYS = 5_000
"""In which a pattern can fit at one place of the text."""
MAX_MATCH_LENGTH = 2_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_REFERENCES = {_constants.GROUPREF, _constants.GROUPREF_EXISTS}


@dataclass(frozen=True, slots=True)
class CustomRule:
    """name: the kind in marks and reports. pattern: as of Python's `re`; when it has a group named
    `secret`, that group alone is removed. Raises `InvalidRequest` for what cannot be used."""

    name: str
    pattern: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise _refusal(self.name, "is named by lower-case letters, digits and _, 40 at most")
        if self.name in frozenset(RedactionKind):
            raise _refusal(self.name, "has the name of a built-in kind")
        if len(self.pattern) > MAX_PATTERN_LENGTH:
            raise _refusal(self.name, f"has a pattern of over {MAX_PATTERN_LENGTH} characters")
        _check_pattern(self.name, self.pattern)

    def compile(self) -> Rule:
        return pattern_rule(self.name, self.pattern)


def _check_pattern(name: str, pattern: str) -> None:
    try:
        re.compile(pattern, re.ASCII)
        parsed = _parser.parse(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise _refusal(name, f"has a pattern that does not compile: {error}") from error
    shortest, longest = parsed.getwidth()
    if shortest == 0:
        raise _refusal(name, "has a pattern that matches the empty string")
    if _count_ways(name, parsed) > MAX_WAYS:
        raise _refusal(name, f"can match in over {MAX_WAYS} ways; use smaller repetitions")
    if longest > MAX_MATCH_LENGTH:
        raise _refusal(name, f"can match over {MAX_MATCH_LENGTH} characters")


def _count_ways(name: str, parsed: Iterable[tuple[Any, Any]]) -> int:
    """Ways through a parsed sequence, counted no further than just above the bound."""
    ways = 1
    for code, argument in parsed:
        ways = min(ways * _count_ways_through(name, code, argument), MAX_WAYS + 1)
    return ways


def _count_ways_through(name: str, code: Any, argument: Any) -> int:
    if code in _REPEATS:
        fewest, most, body = argument
        if most == _constants.MAXREPEAT:
            raise _refusal(name, "repeats without an upper bound: write {1,64} for +, {0,64} for *")
        return _count_repeats(_count_ways(name, body), int(fewest), int(most))
    if code in _REFERENCES:
        raise _refusal(name, "refers back to a group")
    if code is _constants.BRANCH:
        return sum(_count_ways(name, branch) for branch in argument[1])
    if code is _constants.SUBPATTERN:
        return _count_ways(name, argument[3])
    if code in {_constants.ASSERT, _constants.ASSERT_NOT}:
        return _count_ways(name, argument[1])
    if code is _constants.ATOMIC_GROUP:
        return _count_ways(name, argument)
    return 1


def _count_repeats(ways_of_body: int, fewest: int, most: int) -> int:
    total = 0
    for num_repeats in range(fewest, most + 1):
        total += 1 if ways_of_body == 1 else ways_of_body ** min(num_repeats, 16)
        if total > MAX_WAYS:
            break
    return total


def _refusal(name: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"The redaction rule {name[:60]!r} {reason}.", "custom_rules")
