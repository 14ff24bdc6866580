"""The three-word sequences of a text: what near-duplicates have in common."""

import re

from agent_memory.memory.items.content_hash import normal_text

SIZE = 3
Shingles = frozenset[tuple[str, ...]]
_WORD = re.compile(r"\w+")


def shingles_of(text: str) -> Shingles:
    """Of a text of fewer than three words, all of it."""
    words = _WORD.findall(normal_text(text))
    if len(words) < SIZE:
        return frozenset({tuple(words)}) if words else frozenset()
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def jaccard(one: Shingles, other: Shingles) -> float:
    """The share of all sequences that both have; 0 when there are none."""
    either = len(one | other)
    return len(one & other) / either if either else 0.0
