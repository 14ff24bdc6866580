"""A rule of redaction: what it looks for, and when looking is worth the time."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent_memory.memory.items.item import Span

Find = Callable[[str, str], Iterator[Span]]
"""(text, the same in lower case and of the same length) -> what to remove."""


@dataclass(frozen=True, slots=True)
class Rule:
    """hints: in lower case; a text without any of them is not searched. Empty: always searched."""

    kind: str
    find: Find
    hints: tuple[str, ...]


def pattern_rule(
    kind: str,
    pattern: str,
    *hints: str,
    accepts: Callable[[str], bool] | None = None,
    is_folded: bool = False,
) -> Rule:
    """A rule that removes what the group `secret` matches, or all of the match without one.

    accepts: a further look at what would be removed. is_folded: the pattern is written in lower
    case and whether the text is does not matter.
    """
    compiled = re.compile(pattern, re.ASCII)
    group: str | int = "secret" if "secret" in compiled.groupindex else 0

    def find(text: str, folded: str) -> Iterator[Span]:
        for match in compiled.finditer(folded if is_folded else text):
            begin, end = match.span(group)
            if begin < end and (accepts is None or accepts(text[begin:end])):
                yield Span(begin, end)

    return Rule(kind, find, hints)


def fold(text: str) -> str:
    """Lower case, character for character."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded
    return "".join(char.lower() if char.isascii() else char for char in text)
