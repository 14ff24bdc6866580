"""The hints of a question besides its words: whom it names, and whether it asks for a time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TIME = re.compile(
    r"\bwhen\b|\bhow long\b|\b(?:what|which) (?:date|day|week|month|year|time)s?\b"
    r"|\bhow many (?:days|weeks|months|years)\b|\bsince\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Question:
    """`speaker`: the one of those at hand that it names, None for none or several."""

    asks_for_time: bool
    speaker: str | None


def read_question(text: str, speakers: Iterable[str]) -> Question:
    """speakers: who says something among what was found."""
    words = set(_WORD.findall(text.casefold()))
    named = {name for name in speakers if words.intersection(_WORD.findall(name.casefold()))}
    return Question(
        asks_for_time=_TIME.search(text) is not None,
        speaker=named.pop() if len(named) == 1 else None,
    )
