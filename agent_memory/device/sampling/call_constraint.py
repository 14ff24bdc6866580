"""Holds a call that the model has begun of its own accord to the tools that it was given."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agent_memory.device.sampling.grammar_match import CompiledGrammar, GrammarMatch


class CallConstraint:
    """Leaves the model free until it writes the mark that begins a call, and again after the end
    of that call.

    In between, the name is one of the tools' and the arguments fit its schema. When the device was
    ahead, the token after the mark was drawn before the mark was known: where that begins no such
    call, this call stays as free as the text.

    grammar: of what follows `start`.
    """

    def __init__(
        self,
        grammar: CompiledGrammar,
        start: bytes,
        bytes_of: Callable[[int], bytes],
        num_logits: int,
    ) -> None:
        self._grammar = grammar
        self._start = start
        self._bytes_of = bytes_of
        self._num_logits = num_logits
        self._match: GrammarMatch | None = None
        self._tail = b""

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
        if self._match is not None:
            if not self._match.advance(token_id) or self._match.is_finished:
                self._match = None
            return
        self._tail = (self._tail + self._bytes_of(token_id))[-len(self._start) :]
        if self._tail == self._start:
            self._tail = b""
            self._match = GrammarMatch(self._grammar, self._num_logits)
