"""Whether a model speaks harmony, and which of its tokens are the marks of it."""

from collections.abc import Callable, Mapping, Sequence

from mlx_lm.tokenizer_utils import TokenizerWrapper

from agent_memory.prompts.harmony.header import Header, header_of
from agent_memory.prompts.harmony.marks import (
    CHANNEL,
    END,
    MARKS,
    MESSAGE,
    NEEDED,
    START,
    TURN_ENDS,
)


class HarmonyTokens:
    """The marks of harmony by their ids."""

    def __init__(self, marks: Mapping[int, str]) -> None:
        self.marks = marks
        self._ids = {text: token_id for token_id, text in marks.items()}

    @classmethod
    def of(cls, tokenizer: TokenizerWrapper) -> "HarmonyTokens | None":
        """None for a model whose template writes otherwise, or whose marks are no tokens."""
        vocabulary = tokenizer.get_vocab()
        template = tokenizer.chat_template
        is_written = isinstance(template, str) and f"{CHANNEL}analysis{MESSAGE}" in template
        if not is_written or any(mark not in vocabulary for mark in NEEDED):
            return None
        return cls({vocabulary[mark]: mark for mark in MARKS if mark in vocabulary})

    def id(self, mark: str) -> int | None:
        return self._ids.get(mark)

    def turn_ends(self, known: frozenset[int]) -> frozenset[int]:
        """The tokens that end a turn, of which a model's files may tell one alone."""
        ends = {self._ids[mark] for mark in TURN_ENDS if mark in self._ids}
        return (known | ends) - {self._ids[END]}

    def opened(
        self, prompt_tokens: Sequence[int], text_of: Callable[[Sequence[int]], str]
    ) -> tuple[Header, bool]:
        """(the header that the prompt ends in, whether the message's text has begun)."""
        start, message = self._ids[START], self._ids[MESSAGE]
        at = next(
            (at for at in range(len(prompt_tokens) - 1, -1, -1) if prompt_tokens[at] == start), None
        )
        if at is None:
            return Header("assistant"), False
        written = list(prompt_tokens[at + 1 :])
        is_open = message in written
        if is_open:
            written = written[: written.index(message)]
        header = header_of(text_of(written))
        return header, is_open
