"""Constraints on turns in harmony."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent_memory.device.sampling.grammar_match import CompiledGrammar, GrammarMatch
from agent_memory.device.sampling.no_call import CallBan
from agent_memory.device.text.prompter import Prompter
from agent_memory.prompts.harmony.marks import MESSAGE


class HeaderWatch:
    """Follows a turn token by token: whether a header is being written, and what is in it."""

    def __init__(self, prompter: Prompter, prompt_tokens: Sequence[int]) -> None:
        harmony = prompter.harmony
        self._marks = {} if harmony is None else harmony.marks
        self._bytes_of = prompter.token_bytes
        _, is_open = prompter.opened(prompt_tokens)
        self.words: bytes | None = None if is_open else b""
        """The words since the last mark of the header; None in a message's text."""

    def advance(self, token_id: int) -> None:
        mark = self._marks.get(token_id)
        if mark == MESSAGE:
            self.words = None
        elif mark is not None:
            self.words = b""
        elif self.words is not None:
            self.words += self._bytes_of(token_id)


class HarmonyCallConstraint:
    """Leaves the model free until a header names the place of the tools: from there on the name is
    one of theirs, and the arguments fit its schema.

    The token after it may have been drawn before it was known: where that begins no such name, this
    call stays free.
    """

    def __init__(
        self, grammar: CompiledGrammar, recipient: bytes, watch: HeaderWatch, num_logits: int
    ) -> None:
        self._grammar = grammar
        self._recipient = recipient
        self._watch = watch
        self._num_logits = num_logits
        self._match: GrammarMatch | None = None

    @property
    def stepwise_from(self) -> int | None:
        return None if self._match is None else 0

    @property
    def is_finished(self) -> bool:
        return False

    @property
    def is_free(self) -> bool:
        return self._match is None

    @property
    def diversion(self) -> None:
        return None

    def allowed(self) -> NDArray[np.bool_] | None:
        return None if self._match is None else self._match.allowed()

    def advance(self, token_id: int) -> None:
        self._watch.advance(token_id)
        if self._match is not None:
            if not self._match.advance(token_id) or self._match.is_finished:
                self._match = None
        elif self._watch.words is not None and self._watch.words.endswith(self._recipient):
            self._match = GrammarMatch(self._grammar, self._num_logits)


class NoRecipient:
    """Leaves a turn free, but for headers that are addressed to somebody."""

    def __init__(self, ban: CallBan, watch: HeaderWatch) -> None:
        self._ban = ban
        self._watch = watch

    @property
    def stepwise_from(self) -> int:
        return 0

    @property
    def is_finished(self) -> bool:
        return False

    @property
    def is_free(self) -> bool:
        return False

    @property
    def diversion(self) -> None:
        return None

    def allowed(self) -> NDArray[np.bool_] | None:
        words = self._watch.words
        return None if words is None else self._ban.allowed_after(self._ban.begun_in(words))

    def advance(self, token_id: int) -> None:
        self._watch.advance(token_id)
