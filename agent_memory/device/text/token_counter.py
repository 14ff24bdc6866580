"""How long texts are to a model, known from its tokenizer alone."""

from functools import lru_cache

from tokenizers import Tokenizer

_CACHED_TEXTS = 8192


class ModelTokenCounter:
    """Implements `memory.ports.TokenCounter`. Texts that recur are counted once."""

    def __init__(self, tokenizer_json: str) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer_json)
        self._counted = lru_cache(maxsize=_CACHED_TEXTS)(self._encoded_length)

    def count(self, text: str) -> int:
        return self._counted(text)

    def _encoded_length(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)
