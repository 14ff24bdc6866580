"""A bound on how long a model thinks: after it, the end of the thinking is written for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent_memory.device.text.prompter import Prompter
from agent_memory.device.text.think_marks import ThinkingWatch
from agent_memory.engine.constraint import Diversion, TokenConstraint


class ThinkingBudget:
    """Counts the tokens of thinking, and demands the end mark when `num_tokens` were thought.

    inner: what else the output must obey; it is told every token and asked whenever nothing is
    demanded here. num_logits: the length of the model's logits.
    """

    def __init__(
        self,
        prompter: Prompter,
        num_tokens: int,
        num_logits: int,
        inner: TokenConstraint | None,
        *,
        is_thinking: bool,
    ) -> None:
        marks = prompter.think_markers or ("", "")
        self._watch = ThinkingWatch(prompter.vocabulary, marks, is_thinking=is_thinking)
        self._end_tokens = list(prompter.encode(marks[1]))
        self._num_left = num_tokens
        self._num_logits = num_logits
        self._inner = inner
        self._demanded: Sequence[int] = ()
        self._stepwise_from = num_tokens - 1

    @property
    def stepwise_from(self) -> int:
        """The budget cannot be spent before that many tokens were generated."""
        inner = None if self._inner is None else self._inner.stepwise_from
        return self._stepwise_from if inner is None else min(inner, self._stepwise_from)

    @property
    def is_finished(self) -> bool:
        return self._inner is not None and self._inner.is_finished

    @property
    def is_free(self) -> bool:
        return not self._demanded and (self._inner is None or self._inner.is_free)

    @property
    def diversion(self) -> Diversion | None:
        return None if self._demanded or self._inner is None else self._inner.diversion

    def allowed(self) -> NDArray[np.bool_] | None:
        if self._demanded:
            mask = np.zeros(self._num_logits, np.bool_)
            mask[self._demanded[0]] = True
            return mask
        return None if self._inner is None else self._inner.allowed()

    def advance(self, token_id: int) -> None:
        if self._inner is not None:
            self._inner.advance(token_id)
        if self._demanded:
            self._demanded = self._demanded[1:]
        was_thinking = self._watch.is_thinking
        self._watch.advance(token_id)
        if not (was_thinking and self._watch.is_thinking):
            self._demanded = ()
            return
        self._num_left -= 1
        if self._num_left <= 0 and not self._demanded:
            self._demanded = self._end_tokens
