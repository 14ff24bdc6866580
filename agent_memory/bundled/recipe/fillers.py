"""Words that say nothing, and sentences with some of them in it, as people speak."""

from pathlib import Path
from random import Random

from agent_memory.bundled.recipe.values import made_up_word

_WORDS = Path(__file__).with_name("common_words.txt")
FILLERS = tuple(_WORDS.read_text().split())
"""Words of everyday English that are neither values nor keys, nor say what a tool does."""
CONNECTIVES = frozenset(
    (
        "a", "about", "an", "and", "as", "at", "by", "can", "could", "for", "from", "have", "i",
        "in", "into", "it", "let", "like", "me", "my", "need", "now", "of", "on", "or", "our",
        "out", "please", "should", "some", "that", "the", "this", "to", "using", "want", "we",
        "which", "whose", "will", "with", "would", "you",
    )
)  # fmt: skip
"""Words in whose place a request may have other ones and still be the same request."""


def blurred(rng: Random, frame: str, share: float) -> str:
    """The frame, now and then with words put in that say nothing, or in the place of others.

    One that is made up never stands beside a value, of which nobody could tell it.
    """
    words = frame.split(" ")
    if rng.random() > share:
        return frame
    for _ in range(rng.choice((1, 1, 2, 3))):
        place = rng.randrange(len(words))
        is_beside_value = any("{" in word for word in words[max(0, place - 1) : place + 2])
        is_made_up = rng.random() < 0.15 and not is_beside_value
        word = made_up_word(rng) if is_made_up else rng.choice(FILLERS)
        if words[place].lower() in CONNECTIVES and rng.random() < 0.6:
            words[place] = word
        else:
            words.insert(place, word)
    return " ".join(words)


_BEHIND = (
    "now", "today", "tonight", "at the moment", "just now", "this minute", "at once", "for me",
    "for us", "if you can", "if you like", "when you have time", "as soon as you can", "again",
    "first", "please", "once more", "straight away", "then", "too", "as well", "in a moment",
    "before we go on", "without me", "and tell me", "or I forget it", "quickly", "as always",
)  # fmt: skip


def with_more_behind(rng: Random, frame: str) -> str:
    """The frame with some words after its last one, which do not belong to a value there."""
    body, end = (frame[:-1], frame[-1]) if frame[-1] in ".?!" else (frame, "")
    return f"{body} {rng.choice(_BEHIND)}{end}"


def noise(rng: Random) -> str:
    """Some words before a sentence."""
    words = [
        rng.choice(FILLERS) if rng.random() < 0.7 else made_up_word(rng)
        for _ in range(rng.randint(1, 4))
    ]
    return " ".join(words).capitalize() + rng.choice((",", ".", ":", " -", ""))
