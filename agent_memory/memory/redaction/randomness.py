"""Whether a word was made by a generator of random characters rather than by a person.

Random letters change between upper case, lower case and digits every second character; words,
identifiers and paths, even in camel case, do so every fourth or fifth. That separates the two at
lengths at which Shannon's entropy does not.
"""

import math
import re
from collections import Counter

_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+(?:-[0-9a-fA-F]+)*")
_MAX_MEAN_RUN = 3.2
_MAX_WORD_SHARE = 0.45
_WORD_LENGTH = 4
_MIN_BITS = 3.3


def is_mixed(word: str) -> bool:
    """Whether it has lower case, upper case and digits."""
    return (
        any("a" <= char <= "z" for char in word)
        and any("A" <= char <= "Z" for char in word)
        and any("0" <= char <= "9" for char in word)
    )


def is_hex(word: str) -> bool:
    """Whether it is of hexadecimal digits, as hashes, UUIDs and colours are."""
    return _HEX.fullmatch(word) is not None


def is_random(word: str) -> bool:
    """Whether letters of both cases and digits follow each other as if drawn by chance."""
    return is_mixed(word) and looks_drawn(word)


def looks_drawn(word: str) -> bool:
    """The same without asking for all three classes of characters."""
    runs = _RUN.findall(word)
    num_characters = sum(map(len, runs))
    if not runs or num_characters > _MAX_MEAN_RUN * len(runs):
        return False
    in_words = sum(len(run) for run in runs if len(run) >= _WORD_LENGTH and run[-1].islower())
    return in_words <= _MAX_WORD_SHARE * num_characters and bits_per_character(word) >= _MIN_BITS


def bits_per_character(word: str) -> float:
    """Shannon's entropy of its characters."""
    length = len(word)
    return -sum(n / length * math.log2(n / length) for n in Counter(word).values())
