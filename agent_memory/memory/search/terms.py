"""The terms of a text: what is written to the postings and what a question is turned into.

Words are lower-cased and stemmed; stop words are left out. An identifier gives itself and its
parts: `parseHttpHeader` gives `parsehttpheader`, `pars`, `http` and `header`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log

from agent_memory.memory.search.stemming import stem
from agent_memory.memory.search.stop_words import STOP_WORDS

TEXT_WEIGHT, CONTEXT_WEIGHT, SEARCH_WEIGHT = 1.0, 1.0, 0.5
"""How much an occurrence counts, by where it is: in the text, its header, the further words."""
MAX_TERM_LENGTH = 64
MAX_TERMS = 5000
"""Of one item: more than the longest text admitted has, and a bound on what one can cost."""

_TOKEN = re.compile(r"\w+(?:['\u2019]\w+)*")
_BOUNDARY = re.compile(
    r"_+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\d)(?=\D)|(?<=\D)(?=\d)"
)
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Scripts that put no space between words."""
_AGGLUTINATING = "\uac00-\ud7af"
"""Hangul: particles stand at the end of words without a space."""
_SCRIPTS = re.compile(
    f"(?P<unspaced>[{_UNSPACED}]+)|(?P<joined>[{_AGGLUTINATING}]+)|[^{_UNSPACED}{_AGGLUTINATING}]+"
)
_ELISION = re.compile(
    r"(?:[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|quoiqu|un|gl|ne?ll|de?ll|da?ll|su?ll|al?l|quest|quell)"
    r"['\u2019](?=\w{2})",
    re.IGNORECASE,
)
"""French and Italian articles and particles before a vowel."""
_POSSESSIVE = re.compile(r"['\u2019](?:s|m|d|t|re|ve|ll)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Terms:
    """What one item is found by. `length` is the sum of the frequencies."""

    frequencies: Mapping[str, float]
    length: float


def index_terms(text: str, context: str = "", search_text: str = "") -> Terms:
    """The terms of an item, with how often each occurs, weighted by where."""
    frequencies: dict[str, float] = {}
    fields = ((text, TEXT_WEIGHT), (context, CONTEXT_WEIGHT), (search_text, SEARCH_WEIGHT))
    for field, weight in fields:
        for term in iterate_terms(field):
            frequencies[term] = frequencies.get(term, 0.0) + weight
    kept = frequencies if len(frequencies) <= MAX_TERMS else _most_frequent(frequencies)
    return Terms(kept, sum(kept.values()))


def _most_frequent(frequencies: dict[str, float]) -> dict[str, float]:
    return dict(sorted(frequencies.items(), key=lambda entry: -entry[1])[:MAX_TERMS])


def query_terms(text: str) -> Mapping[str, int]:
    """The terms of a question, with how often each occurs."""
    return Counter(iterate_terms(text))


def query_weights(text: str) -> Mapping[str, float]:
    """The terms of a question, with what each counts in it: of a repeated one, little more."""
    return {term: 1.0 + log(count) for term, count in query_terms(text).items()}


def iterate_terms(text: str) -> Iterator[str]:
    """The terms of a text in their order."""
    for token in _TOKEN.findall(text):
        yield from token_terms(token)


@lru_cache(maxsize=1 << 16)
def token_terms(token: str) -> tuple[str, ...]:
    """The terms of one word or identifier; of a script without spaces, every two characters. Words
    of two scripts, and those with an elided particle, give themselves and their parts."""
    if token.isascii() and "'" not in token:
        return _plain_terms(token[:MAX_TERM_LENGTH])
    token = unicodedata.normalize("NFKC", _POSSESSIVE.sub("", token))
    pieces = list(_SCRIPTS.finditer(token))
    if len(pieces) == 1 and pieces[0].lastgroup == "unspaced":
        return _pairs(token)
    whole = token[:MAX_TERM_LENGTH]
    bare = _ELISION.sub("", whole)
    if len(pieces) == 1 and pieces[0].lastgroup is None and bare == whole:
        return _plain_terms(whole)
    parts = [term for piece in pieces for term in _piece_terms(piece, bare)]
    return tuple(dict.fromkeys((*_word_terms(whole), *parts)))


def _piece_terms(piece: re.Match[str], bare: str) -> tuple[str, ...]:
    """Of the part of a word in one script."""
    if piece.lastgroup is not None:
        return _pairs(piece.group())
    is_all = piece.end() - piece.start() == len(piece.string)
    return _plain_terms(bare if is_all else piece.group()[:MAX_TERM_LENGTH])


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[at : at + 2] for at in range(max(1, len(run) - 1)))


def _plain_terms(token: str) -> tuple[str, ...]:
    parts = [part for part in _BOUNDARY.split(token) if part]
    if len(parts) <= 1:
        return tuple(term for part in parts for term in _word_terms(part))
    whole = token.casefold().strip("_")
    return (whole, *(term for part in parts for term in _word_terms(part)))


def _word_terms(word: str) -> tuple[str, ...]:
    lowered = word.casefold()
    if lowered in STOP_WORDS:
        return ()
    return (stem(lowered) if lowered.isascii() else lowered,)
