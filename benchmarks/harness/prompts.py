"""Prompts of a wanted length, all different, that no cache can know from each other."""

import random
import string
from pathlib import Path

from tokenizers import Tokenizer

_WORD_TOKENS = 4
"""Of a space and five letters, with a tokenizer that knows pairs of letters and no more."""


def letter_token(model: Path) -> int:
    """The token of a letter. A model of random weights draws parts of characters as well, which a
    server holds back until it has the rest."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    token_id: int = tokenizer.encode("a", add_special_tokens=False).ids[0]
    return token_id


class PromptMaker:
    """Texts of random words. Two texts of one length are the same words in another order: they
    have equally many tokens, and differ from their first word on."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  it only has to look like text
        self._words: dict[int, list[str]] = {}

    def text(self, num_tokens: int) -> str:
        """About `num_tokens` tokens."""
        num_words = max(1, num_tokens // _WORD_TOKENS)
        words = self._words.setdefault(num_words, [self._word() for _ in range(num_words)])
        self._random.shuffle(words)
        return " " + " ".join(words)

    def _word(self) -> str:
        return "".join(self._random.choices(string.ascii_lowercase, k=5))
