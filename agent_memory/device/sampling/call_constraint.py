"""Holds a call that the model has begun of its own accord to the tools that it was given."""

from collections.abc import Callable

import numpy as np
from llguidance import LLMatcher
from numpy.typing import NDArray


class CallConstraint:
    """Leaves the model free until it writes the mark that begins a call, and again behind the end
    of that call.

    In between, the name is one of the tools' and the arguments fit its schema. When the device was
    ahead, the token behind the mark was drawn before the mark was known: where that begins no such
    call, this call stays as free as the text.

    matcher: of what follows `start`, at its beginning.
    """

    def __init__(
        self,
        matcher: LLMatcher,
        start: bytes,
        bytes_of: Callable[[int], bytes],
        num_logits: int,
    ) -> None:
        self._pristine = matcher
        self._start = start
        self._bytes_of = bytes_of
        self._num_logits = num_logits
        self._matcher: LLMatcher | None = None
        self._tail = b""

    @property
    def stepwise_from(self) -> int | None:
        return None if self._matcher is None else 0

    @property
    def is_finished(self) -> bool:
        return False

    @property
    def is_free(self) -> bool:
        return self._matcher is None

    def allowed(self) -> NDArray[np.bool_] | None:
        return None if self._matcher is None else allowed_by(self._matcher, self._num_logits)

    def advance(self, token_id: int) -> None:
        if self._matcher is not None:
            if not self._matcher.consume_token(token_id) or self._matcher.is_stopped():
                self._matcher = None
            return
        self._tail = (self._tail + self._bytes_of(token_id))[-len(self._start) :]
        if self._tail == self._start:
            self._tail = b""
            self._matcher = self._pristine.deep_copy()


def allowed_by(matcher: LLMatcher, num_logits: int) -> NDArray[np.bool_]:
    """The tokens that the matcher's grammar allows next, as a mask of that length."""
    bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
    mask = np.zeros(num_logits, np.bool_)
    known = np.unpackbits(bits, bitorder="little")[:num_logits]
    mask[: len(known)] = known
    return mask
