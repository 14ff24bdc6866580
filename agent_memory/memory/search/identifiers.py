"""Identifiers of programs, and the words that they are made of."""

import re

_PART = re.compile(r"[A-Z]+(?![^\W\dA-Z_])|[A-Z]?[^\W\dA-Z_]+|\d+")
_HAS_COMPOUND = re.compile(r"[a-z\d][A-Z]|[A-Z]{2}[a-z]|\w_|_\w|\w\$|\$\w|[A-Za-z]\d")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(text.split())


def split_identifiers(text: str) -> tuple[str, ...]:
    """The words inside the compound identifiers of a text (`getUserName`, `MAX_SIZE`), in lower
    case and in their order. Plain words are not among them."""
    if _HAS_COMPOUND.search(text) is None:
        return ()
    words: list[str] = []
    for match in _IDENTIFIER.finditer(text):
        identifier = match.group()
        if is_compound(identifier):
            words.extend(parts_of(identifier))
    return tuple(words)


def parts_of(identifier: str) -> tuple[str, ...]:
    """`HTTPServer2` -> http, server, 2."""
    return tuple(part.lower() for part in _PART.findall(identifier))


def is_compound(identifier: str) -> bool:
    """Whether it is put together from several words: by case, underscore or dollar sign."""
    if identifier.islower() and "_" not in identifier and "$" not in identifier:
        return False
    return len(_PART.findall(identifier)) > 1


def find_identifiers(text: str) -> tuple[str, ...]:
    """Every identifier of a text in its order, keywords and all."""
    return tuple(_IDENTIFIER.findall(text))
