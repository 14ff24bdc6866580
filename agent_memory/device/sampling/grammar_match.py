"""Grammars, compiled, and outputs on their way through them.

Copies of a compiled grammar share its lexer, which remembers every state that any of them has been
in and has room for so many: what one output fills, others find full.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from llguidance import LLMatcher
from numpy.typing import NDArray

from agent_memory.errors import InvalidRequest

T = TypeVar("T")


class CompiledGrammar:
    """One grammar. Safe for several threads.

    compile: makes a matcher with a lexer of its own. param: of the request, which asked for it.
    """

    def __init__(self, compile_: Callable[[], LLMatcher], param: str) -> None:
        self._compile = compile_
        self.param = param
        self._lock = threading.Lock()
        self._pristine: LLMatcher | None = compile_()

    def new_matcher(self) -> LLMatcher:
        """At the beginning of the grammar."""
        with self._lock:
            if self._pristine is None:
                self._pristine = self._compile()
            return self._pristine.deep_copy()

    def fresh_matcher(self) -> LLMatcher:
        """At the beginning, with a lexer that nobody shares. Later ones get a new lexer too."""
        with self._lock:
            self._pristine = None
            return self._compile()


class GrammarMatch:
    """Follows one output, token by token. Used by one thread.

    A matcher in error says "stopped" and stays so. It is made again with an empty lexer and goes on
    where it was; if that does not help either, the output has failed.
    """

    def __init__(self, grammar: CompiledGrammar, num_logits: int) -> None:
        self._grammar = grammar
        self._num_logits = num_logits
        self._matcher = grammar.new_matcher()
        self._taken: list[int] = []
        self._failure: InvalidRequest | None = None

    @property
    def is_finished(self) -> bool:
        """Nothing but the end of the turn may follow."""
        return self._failure is None and bool(self._matcher.is_stopped())

    def allowed(self) -> NDArray[np.bool_] | None:
        """The tokens that may come next, as a mask; None when the output has failed, which the
        next `advance` says: an error here would concern all rows of a step."""
        try:
            bits = np.frombuffer(self._ask(lambda matcher: matcher.compute_bitmask()), np.uint8)
        except InvalidRequest as error:
            self._failure = error
            return None
        mask = np.zeros(self._num_logits, np.bool_)
        known = np.unpackbits(bits, bitorder="little")[: self._num_logits]
        mask[: len(known)] = known
        return mask

    def advance(self, token_id: int) -> bool:
        """Whether the grammar allowed this token and has taken it. Raises `InvalidRequest` when
        the output has failed."""
        if self._failure is not None:
            raise self._failure
        if not self._ask(lambda matcher: matcher.validate_tokens([token_id])):
            return False
        self._ask(lambda matcher: matcher.consume_token(token_id))
        self._taken.append(token_id)
        return True

    def _ask(self, question: Callable[[LLMatcher], T]) -> T:
        answer = question(self._matcher)
        if not self._matcher.is_error():
            return answer
        self._matcher = self._grammar.fresh_matcher()
        if self._taken:
            self._matcher.consume_tokens(self._taken)
        answer = question(self._matcher)
        if self._matcher.is_error():
            reason = first_line(self._matcher.get_error())
            raise InvalidRequest(
                f"The form of the output could not be followed after {len(self._taken)} tokens "
                f"({reason}). Simplify the schema, its patterns above all.",
                self._grammar.param,
            )
        return answer


def first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "the grammar is not valid"
