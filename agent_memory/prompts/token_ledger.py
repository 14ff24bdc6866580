"""Which tokens belong to which part of the text."""

from collections import deque
from collections.abc import Sequence

from agent_memory.turns.events import TokenLogprob


class TokenLedger:
    """Tokens wait here until the text that they have written is given out.

    Positions are in characters from the beginning of the generated text.
    """

    def __init__(self) -> None:
        self.num_chars = 0
        """Characters written so far."""
        self._waiting: deque[tuple[int, int, tuple[TokenLogprob, ...]]] = deque()

    def add(self, num_chars: int, num_tokens: int, logprobs: Sequence[TokenLogprob]) -> None:
        """These tokens have written the next `num_chars` characters."""
        self.num_chars += num_chars
        self._waiting.append((self.num_chars, num_tokens, tuple(logprobs)))

    def take(self, until: int) -> tuple[int, tuple[TokenLogprob, ...]]:
        """The number and log-probabilities of the tokens that end at or before `until`."""
        num_tokens = 0
        logprobs: list[TokenLogprob] = []
        while self._waiting and self._waiting[0][0] <= until:
            _, num, logs = self._waiting.popleft()
            num_tokens += num
            logprobs.extend(logs)
        return num_tokens, tuple(logprobs)
