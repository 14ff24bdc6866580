"""Names of things in one spelling: `GATEWAY_TIMEOUT` is the gateway's timeout."""

import re

from agent_memory.memory.search.identifiers import is_compound, parts_of, word_set

_TOKEN = re.compile(r"[\w./#@+-]+")
_ARTICLES = word_set(
    "the a an our my your its this that these those new now current currently actual"
)
_NEUTRAL = word_set("for of in on at to with regarding concerning about as within by from")
"""Prepositions that say no more than where a thing belongs."""
_SPELLINGS = {"favorite": "favourite", "color": "colour", "licence": "license"}
_POSSESSIVE = re.compile(r"['\u2019]s\b|(?<=s)['\u2019](?=\s|$)")
_ENDS = ".,;:!?-"


def normal_name(text: str) -> str:
    """Lower case, without articles, quotation marks and possessives; compound identifiers in their
    words. Paths and versions stay whole."""
    return " ".join(word for token in _tokens(text) for word in _words(token))


def normal_scope(text: str) -> str:
    """As `normal_name`, without prepositions that only say where: `for the EU cluster` and `in the
    EU cluster` are the same; `after` and `without` are not."""
    words = [word for token in _tokens(text) for word in _words(token)]
    return " ".join(word for word in words if word not in _NEUTRAL)


def _tokens(text: str) -> list[str]:
    return [token.strip(_ENDS) for token in _TOKEN.findall(_POSSESSIVE.sub("", text))]


def _words(token: str) -> list[str]:
    if not token or token.lower() in _ARTICLES:
        return []
    if "/" not in token and "." not in token and is_compound(token.replace("-", "_")):
        return list(parts_of(token.replace("-", "_")))
    word = token.lower()
    return [_SPELLINGS.get(word, word)]
