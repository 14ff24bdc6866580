"""The deltas that a parser of output gives out, with the tokens that each stands for."""

from collections.abc import Callable, Sequence

from agent_memory.prompts.token_ledger import TokenLedger
from agent_memory.turns.events import (
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
)

OutputDelta = TextDelta | ThinkingDelta | ToolCallStarted | ToolCallDelta


class OutputDeltas:
    """The deltas of one choice, until they are taken.

    Whitespace at the end of a part is held back until something of the part follows it.
    num_held: how many characters of what was read the parser still holds back.
    """

    def __init__(self, index: int, num_held: Callable[[], int]) -> None:
        self._index = index
        self._num_held = num_held
        self._ledger = TokenLedger()
        self._spaces = ""
        self._num_marker_tokens = 0
        self._deltas: list[OutputDelta] = []

    def add(self, num_chars: int, num_tokens: int, logprobs: Sequence[TokenLogprob]) -> None:
        """So many characters were read, of these tokens."""
        self._ledger.add(num_chars, num_tokens, logprobs)

    def pass_marker(self) -> None:
        """The tokens so far have ended with a marker: the next delta stands for it too."""
        self._num_marker_tokens, _ = self._tokens()

    def drop_spaces(self) -> None:
        """The whitespace that is held back belongs to no part."""
        self._spaces = ""

    def text(self, text: str, *, holds_spaces: bool) -> bool:
        """Give out text; its last whitespace is held back where `holds_spaces`. False when all of
        it was."""
        shown = self._shown(text, holds_spaces=holds_spaces)
        if shown:
            self._deltas.append(TextDelta(self._index, shown, *self._tokens()))
        return bool(shown)

    def spaces(self) -> None:
        """Give out the whitespace that was held back: it belongs to the text after all."""
        spaces, self._spaces = self._spaces, ""
        if spaces:
            self._deltas.append(TextDelta(self._index, spaces, *self._tokens()))

    def thinking(self, text: str) -> None:
        """Give out thinking, but for the whitespace at its end."""
        if shown := self._shown(text, holds_spaces=True):
            self._deltas.append(ThinkingDelta(self._index, shown, *self._tokens()))

    def call(self, call_id: str, name: str) -> None:
        """A call begins."""
        self._spaces = ""
        self._deltas.append(ToolCallStarted(self._index, call_id, name))

    def arguments(self, arguments: str) -> None:
        """More of the arguments of the call that began last."""
        num_tokens, _ = self._tokens()
        self._deltas.append(ToolCallDelta(self._index, arguments, num_tokens))

    def take(self) -> tuple[OutputDelta, ...]:
        """All that was given out since the last time."""
        deltas, self._deltas = tuple(self._deltas), []
        return deltas

    def _shown(self, text: str, *, holds_spaces: bool) -> str:
        text = self._spaces + text
        shown = text.rstrip() if holds_spaces else text
        self._spaces = text[len(shown) :]
        return shown

    def _tokens(self) -> tuple[int, tuple[TokenLogprob, ...]]:
        """The tokens of everything that is not held back any more."""
        num_held = self._num_held() + len(self._spaces)
        num_tokens, logprobs = self._ledger.take(self._ledger.num_chars - num_held)
        num_tokens += self._num_marker_tokens
        self._num_marker_tokens = 0
        return num_tokens, logprobs
