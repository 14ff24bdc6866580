"""Long random words that nothing explains: likely keys of a form that is not known here.

Not taken: hexadecimal (hashes of git and of files, UUIDs), what has a prefix that says it is a
checksum or a public key, what is part of an address or a path, and runs longer than any key
(images and other files in base64). A secret of these forms is found by its name or not at all.
"""

import re
from collections.abc import Iterator

from agent_memory.memory.items.item import Span
from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.randomness import is_hex, is_random
from agent_memory.memory.redaction.rule import Rule

MIN_LENGTH, MAX_LENGTH = 28, 200
_RUN = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{28,}+={0,2}")
_PUBLIC = re.compile(
    r"(?:sha(?:1|224|256|384|512)|md5)[-_:]|AAAA[BCE][23N]|ssh-|M[I]I[A-Za-z]|[hH]1:"
)
_PUBLIC_BEFORE = re.compile(
    r"(?:sha(?:1|224|256|384|512)|md5|h1|integrity|checksum|digest|fingerprint|etag|base64,?)"
    r"[-_:=,\s\"']{1,4}$",
    re.IGNORECASE,
)
_ADDRESS_BEFORE = re.compile(r"(?:://|www\.)[^\s\"'<>]*$")
_NUM_BEFORE = 200
_MIN_PIECE = 20


def find_random_words(text: str, _folded: str) -> Iterator[Span]:
    for match in _RUN.finditer(text):
        begin, end = match.span()
        word = match[0]
        if end - begin > MAX_LENGTH or not _is_secret(word):
            continue
        before = text[max(0, begin - _NUM_BEFORE) : begin]
        if _PUBLIC_BEFORE.search(before) or _ADDRESS_BEFORE.search(before):
            continue
        yield Span(begin, end)


def _is_secret(word: str) -> bool:
    return (
        not is_hex(word.strip("+-_/="))
        and _PUBLIC.match(word) is None
        and is_random(word)
        and not _is_path(word)
    )


def _is_path(word: str) -> bool:
    """Whether no piece between slashes is long and random by itself."""
    pieces = word.split("/")
    if len(pieces) <= 2:
        return not any(map(is_random, pieces))
    return not any(len(piece) >= _MIN_PIECE and is_random(piece) for piece in pieces)


HIGH_ENTROPY = (
    Rule(
        RedactionKind.HIGH_ENTROPY,
        find_random_words,
        tuple("0123456789"),
    ),
)
