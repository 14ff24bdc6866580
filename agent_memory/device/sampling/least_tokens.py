"""Keeps a model from ending its turn before it has said enough."""

import numpy as np
from numpy.typing import NDArray

from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.constraint import Diversion, TokenConstraint


class LeastTokens:
    """Forbids the ends of turns for `num_tokens` tokens, where anything else may follow.

    inner: what else the output must obey. num_logits: the length of the model's logits.
    """

    def __init__(
        self,
        prompter: Prompter,
        num_tokens: int,
        num_logits: int,
        inner: TokenConstraint | None,
    ) -> None:
        self._unended = np.ones(num_logits, np.bool_)
        self._unended[[end for end in prompter.eos_token_ids if end < num_logits]] = False
        self._num_left = num_tokens
        self._inner = inner

    @property
    def stepwise_from(self) -> int:
        return 0

    @property
    def is_finished(self) -> bool:
        return self._inner is not None and self._inner.is_finished

    @property
    def is_free(self) -> bool:
        return self._num_left <= 0 and (self._inner is None or self._inner.is_free)

    @property
    def diversion(self) -> Diversion | None:
        return None if self._inner is None else self._inner.diversion

    def allowed(self) -> NDArray[np.bool_] | None:
        mask = None if self._inner is None else self._inner.allowed()
        if self._num_left <= 0:
            return mask
        unended = self._unended if mask is None else mask & self._unended
        return unended if unended.any() else mask

    def advance(self, token_id: int) -> None:
        self._num_left -= 1
        if self._inner is not None:
            self._inner.advance(token_id)
