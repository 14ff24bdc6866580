"""Signs that a text is worth keeping, or not: numbers, dates, names, references, questions."""

import math
import re
from dataclasses import dataclass

_LONG = 40
"""Words; more say no more about how much there is in a text."""
MAX_READ = 4_000
_NUMBER = re.compile(r"\d")
_DATE = re.compile(
    r"\b(?:\d{4}-\d\d(?:-\d\d)?|\d{1,2}:\d\d|yesterday|today|tomorrow|tonight|(?:mon|tues|wednes|thurs"
    r"|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|november"
    r"|december|(?:last|next|this) (?:week|weekend|month|year|summer|winter|spring|fall|night)"
    r"|(?:days?|weeks?|months?|years?) (?:ago|later)|birthday|anniversary|deadline)\b",
    re.IGNORECASE,
)
_DATE_HINTS = frozenset(
    re.split(
        r"\s+",
        "yesterday today tomorrow tonight monday tuesday wednesday thursday friday saturday sunday"
        " january february march april june july august september october november december"
        " last next this ago later birthday anniversary deadline",
    )
)
"""One of these words, or a digit, is in whatever `_DATE` finds: most texts need no further look."""
_NAME = re.compile(r" (?<=[a-z,;'\u2019] )(?!I\b|I['\u2019])[A-Z][\w'\u2019-]+")
_REFERENCES = (
    ("/", re.compile(r"https?://|\b[\w-]{1,64}/[\w.-]")),
    ("`", re.compile(r"`[^`\n]{1,200}`")),
    ("_", re.compile(r"\b\w+_\w")),
    ("()", re.compile(r"\b\w+\(\)")),
    (".", re.compile(r"\b\w+\.(?:py|js|ts|java|go|rs|md|json|ya?ml|toml|sql|sh|c|h|cpp|rb)\b")),
    ("", re.compile(r"\b[a-z]+[A-Z]")),
)
"""Each after what must be in the text for it to be found."""
_FIRST_PERSON_HINTS = frozenset(("i", "we", "my", "our", "mine", "ours"))
_LETTERS = re.compile(r"[a-z]+")
_FIRST_PERSON = re.compile(
    r"\b(?:I|we|my|our|mine|ours|I['\u2019]\w+|we['\u2019]\w+)\b", re.IGNORECASE
)
_FILLER = re.compile(
    r"^\W*(?:ok(?:ay)?|yes|yeah|yep|no|nope|sure|thanks|thank you|thx|great|cool|nice|wow|awesome"
    r"|lol"
    r"|haha|hi|hey|hello|bye|goodbye|see you|got it|sounds good|good|right|exactly|absolutely"
    r"|definitely|congrats|you['\u2019]re welcome|no problem|glad"
    r"|that['\u2019]s (?:great|awesome|cool|amazing|wonderful|so))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ContentCues:
    """Each from 0 to 1. `length` grows with the logarithm of the words and ends at 40 of them;
    `filler`: it begins as an acknowledgement or a greeting does; `question`: it ends in one."""

    length: float
    number: float
    date: float
    name: float
    reference: float
    first_person: float
    question: float
    filler: float


def content_cues(text: str) -> ContentCues:
    """Of the first 4,000 characters."""
    text = text[:MAX_READ]
    num_words = len(text.split())
    has_number = _NUMBER.search(text) is not None
    words = frozenset(_LETTERS.findall(text.casefold()))
    may_be_dated = has_number or not _DATE_HINTS.isdisjoint(words)
    may_be_personal = not _FIRST_PERSON_HINTS.isdisjoint(words)
    return ContentCues(
        length=min(1.0, math.log1p(num_words) / math.log1p(_LONG)),
        number=float(has_number),
        date=float(may_be_dated and _DATE.search(text) is not None),
        name=float(_NAME.search(text) is not None),
        reference=float(_has_reference(text)),
        first_person=float(may_be_personal and _FIRST_PERSON.search(text) is not None),
        question=float(text.rstrip().endswith("?")),
        filler=float(_FILLER.match(text) is not None),
    )


def _has_reference(text: str) -> bool:
    return any(hint in text and pattern.search(text) for hint, pattern in _REFERENCES)
