"""The place of a text that a question is about."""

import re
from collections.abc import Collection

from agent_memory.memory.search.terms import token_terms

LENGTH = 240
_TOKEN = re.compile(r"\w+(?:['\u2019]\w+)*")
_LEAD = 40
"""Characters before the first word that was found."""


def snippet(text: str, terms: Collection[str]) -> str:
    """Some two hundred characters with as many different terms of the question as can be; the
    beginning where there is none."""
    found = [
        (match.start(), term)
        for match in _TOKEN.finditer(text)
        for term in token_terms(match[0])
        if term in terms
    ]
    best, begin = 0, 0
    for at, (start, _) in enumerate(found):
        near = {term for place, term in found[at : at + 50] if place < start + LENGTH - _LEAD}
        if len(near) > best:
            best, begin = len(near), start
    begin = max(0, begin - _LEAD)
    piece = " ".join(text[begin : begin + LENGTH].split())
    return f"{'…' if begin else ''}{piece}{'…' if begin + LENGTH < len(text) else ''}"
