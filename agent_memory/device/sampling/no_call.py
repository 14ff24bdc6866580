"""Keeps a model from calling tools that it knows and may not call now."""

import threading

import numpy as np
from numpy.typing import NDArray

from agent_memory.device.text.prompter import Prompter


class CallBan:
    """The tokens that would complete the mark with which calls begin. Safe for several threads.

    start: the mark. num_logits: the length of the model's logits.
    """

    def __init__(self, start: str, prompter: Prompter, num_logits: int) -> None:
        self.start = start.encode()
        self.is_one_token = len(prompter.encode(start)) == 1
        self.token_bytes = prompter.token_bytes
        self._vocab_size = prompter.vocab_size
        self._num_logits = num_logits
        self._lock = threading.Lock()
        self._masks: dict[bytes, NDArray[np.bool_]] = {}

    def allowed_after(self, begun: bytes) -> NDArray[np.bool_]:
        """A mask of its own for the caller: what may follow when `begun` of the mark is written."""
        with self._lock:
            if (mask := self._masks.get(begun)) is None:
                mask = self._masks[begun] = self._mask(begun)
        return mask.copy()

    def begun_in(self, text: bytes) -> bytes:
        """The longest beginning of the mark with which `text` ends."""
        for length in range(min(len(self.start) - 1, len(text)), 0, -1):
            if text.endswith(self.start[:length]):
                return self.start[:length]
        return b""

    def _mask(self, begun: bytes) -> NDArray[np.bool_]:
        mask = np.ones(self._num_logits, np.bool_)
        for token_id in range(min(self._vocab_size, self._num_logits)):
            if self.start in begun + self.token_bytes(token_id):
                mask[token_id] = False
        return mask


class NoCall:
    """Leaves one choice free but for the mark that begins a call."""

    def __init__(self, ban: CallBan) -> None:
        self._ban = ban
        self._begun = b""

    @property
    def stepwise_from(self) -> int | None:
        """A mark of one token is forbidden whatever was drawn before."""
        return None if self._ban.is_one_token else 0

    @property
    def is_finished(self) -> bool:
        return False

    @property
    def is_free(self) -> bool:
        return False

    @property
    def diversion(self) -> None:
        return None

    def allowed(self) -> NDArray[np.bool_]:
        return self._ban.allowed_after(self._begun)

    def advance(self, token_id: int) -> None:
        if not self._ban.is_one_token:
            text = self._begun + self._ban.token_bytes(token_id)
            self._begun = self._ban.begun_in(text)
