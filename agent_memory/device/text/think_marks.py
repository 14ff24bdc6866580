"""The marks around a model's thinking, and whether it is thinking now."""

from mlx_lm.tokenizer_utils import TokenizerWrapper

from agent_memory.device.text.vocabulary import Vocabulary

_FAMILIES = (
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<mm:think>", "</mm:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
    ("<thought>", "</thought>"),
    ("<think>", "</think>"),
)
"""Of Seed-OSS, Mistral's models, MiniMax M3, Command A, Apertus, Kimi and EXAONE Deep, and that of
most models, where it is no token of theirs. mlx-lm knows the others."""


def think_marks(tokenizer: TokenizerWrapper) -> tuple[str, str] | None:
    """The marks that are tokens of the model, else those that its chat template writes; None for a
    model that does not think."""
    if tokenizer.has_thinking:
        return tokenizer.think_start, tokenizer.think_end
    vocabulary, template = tokenizer.get_vocab(), str(tokenizer.chat_template or "")
    for known in (vocabulary, template):
        for start, end in _FAMILIES:
            if start in known and end in known:
                return start, end
    return None


class ThinkingWatch:
    """Follows a turn token by token. Thinking begins at its beginning or not at all, and does not
    begin again. Marks are noticed however they are tokenised."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        marks: tuple[str, str],
        *,
        is_thinking: bool,
        may_begin: bool = True,
    ) -> None:
        self._vocabulary = vocabulary
        self._start, self._end = (mark.encode() for mark in marks)
        self.is_thinking = is_thinking
        self.may_begin = may_begin and not is_thinking
        """Nothing but blanks and a part of the mark were written."""
        self._tail = b""

    @property
    def is_blank(self) -> bool:
        """Thinking may begin, and nothing of its mark was written yet."""
        return self.may_begin and not self._tail.strip()

    def advance(self, token_id: int) -> None:
        tail = self._tail + self._vocabulary.token_bytes(token_id)
        if self.is_thinking:
            self.is_thinking = self._end not in tail
            self._tail = tail[-len(self._end) :]
        elif self.may_begin:
            written = tail.lstrip()
            self.is_thinking = written.startswith(self._start)
            self.may_begin = not self.is_thinking and self._start.startswith(written)
            self._tail = b"" if self.is_thinking else tail
