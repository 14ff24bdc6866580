"""Which questions a sentence answers."""

import re
from collections.abc import Sequence

from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.extraction.tools import category_of
from agent_memory.memory.search.identifiers import word_set
from agent_memory.memory.search.stemming import stem
from agent_memory.memory.search.terms import query_terms

Terms = frozenset[str]

_SAYS_NOTHING = frozenset(map(stem, word_set("use uses using get gets currently actually exactly")))
_LEAST_TERMS = 2
_LEAST_SHARE = 0.6
_UNKNOWN = re.compile(
    r"\b(?:not|n't) (?:know|sure|clear|decided)\b|n't know\b|"
    r"\b(?:no idea|unclear|unknown|undecided|(?:i|we)(?:'ll| will) (?:check|ask|find out|look)|"
    r"let me (?:check|ask|look))\b",
    re.IGNORECASE,
)
_DAY = (
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|"
    r"\b(?:today|tomorrow|tonight|yesterday|daily|weekly|monthly|noon|midnight|"
    r"(?:next|this|last|every|each) \w+|january|february|march|april|may|june|july|august|"
    r"september|october|november|december)\b|\b\d"
)
_KINDS = (
    (re.compile(r"\bwhen\b|\bwhat (?:time|day|date)\b", re.I), re.compile(_DAY, re.I)),
    (
        re.compile(
            r"\bhow (?:many|much|long|often|large|big)\b|\b(?:what|which) (?:[\w-]+ ){0,3}?(?:port|"
            r"limit|size|timeout|version|number|count|interval|budget|price)\b",
            re.IGNORECASE,
        ),
        re.compile(r"\d"),
    ),
)
"""What is asked for, and the look of an answer."""
_YES_OR_NO = re.compile(
    r"(?:[\w']+[,:] |so |and |ok(?:ay)? )?"
    r"(?:should|shall|can|may|do|does|did|is|are|will|would|could|has|have)\b",
    re.IGNORECASE,
)
_SAID_SO = re.compile(
    r"(?:yes|yeah|yep|yup|no|nope|sure|ok(?:ay)?|please do|go ahead|do it|do that|don't|not yet|"
    r"exactly|right|correct|agreed)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(r"\b(?:it|them|that|this|those|these|so)\b", re.IGNORECASE)
_FEW_WORDS = 4


def asked_terms(question: str) -> tuple[str, ...]:
    """What a question is about."""
    return tuple(_terms(question) - _SAYS_NOTHING)


class Answer:
    """A sentence of a later message that could answer a question."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence
        self._terms = _terms(sentence)
        self._categories = _categories(sentence)
        self._is_unknown = _UNKNOWN.search(sentence) is not None

    def answers(self, question: str, asked: Sequence[str]) -> bool:
        """Whether it has all the words of the question and more, a thing of the sort that was asked
        for counting as its name; or most of them and a day or a number where one was asked for."""
        wanted = frozenset(asked)
        if self._is_unknown or len(wanted) < _LEAST_TERMS:
            return False
        if wanted < self._terms | self._categories and self._terms - wanted:
            return True
        shared = len(wanted & self._terms)
        return shared >= max(_LEAST_TERMS, _LEAST_SHARE * len(wanted)) and any(
            asks.search(question) is not None and looks.search(self._sentence) is not None
            for asks, looks in _KINDS
        )

    def confirms(self, question: str, asked: Sequence[str]) -> bool:
        """Whether it says yes or no to the question, to which it is the reply."""
        if _YES_OR_NO.match(question) is None or _SAID_SO.match(self._sentence) is None:
            return False
        return (
            len(self._sentence.split()) <= _FEW_WORDS
            or bool(frozenset(asked) & self._terms)
            or _POINTS_BACK.search(self._sentence) is not None
        )


def _categories(sentence: str) -> Terms:
    words = sentence.split()
    named = (category_of(" ".join(words[place : place + 3])) for place in range(len(words)))
    return frozenset(stem(word) for name in named if name for word in name.split())


def _terms(text: str) -> Terms:
    return frozenset(query_terms(normal_name(text)))
