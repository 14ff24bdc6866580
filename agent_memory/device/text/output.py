"""Generated tokens of one choice become deltas."""

from collections.abc import Sequence

from agent_memory.device.text.vocabulary import Vocabulary
from agent_memory.engine.runner import TokenChoice
from agent_memory.prompts.output import OutputDelta, OutputParser
from agent_memory.turns.events import TokenLogprob


class Output:
    """What one choice says, from its tokens. Used by one thread at a time.

    `is_chat`: the space with which some tokenizers begin a text is not part of it.
    """

    def __init__(self, vocabulary: Vocabulary, parser: OutputParser, *, is_chat: bool) -> None:
        self._vocabulary = vocabulary
        self._stream = vocabulary.new_stream(is_chat=is_chat)
        self._parser = parser

    @property
    def has_tool_calls(self) -> bool:
        """Whether a call was given out; the finish reason is TOOL_CALLS then."""
        return self._parser.has_tool_calls

    @property
    def is_complete(self) -> bool:
        """Whether the only call that is wanted was given out: nothing may follow."""
        return self._parser.is_complete

    def push(
        self, token_ids: Sequence[int], choices: Sequence[TokenChoice] = ()
    ) -> tuple[tuple[OutputDelta, ...], str | None]:
        """(new deltas, the stop string that was met or None). `choices` is as long as `token_ids`,
        or empty. The token that ends the turn is not pushed."""
        logprobs = [
            self._logprob(token_id, choice)
            for token_id, choice in zip(token_ids, choices, strict=False)
        ]
        deltas = self._parser.push(self._stream.push(token_ids), len(token_ids), logprobs)
        return deltas, self._parser.stop_sequence

    def finish(self) -> tuple[OutputDelta, ...]:
        """Generation has ended, for whatever reason: what was still held back."""
        rest = self._stream.finish()
        deltas = self._parser.push(rest, 0) if rest else ()
        return (*deltas, *self._parser.finish())

    def _logprob(self, token_id: int, choice: TokenChoice) -> TokenLogprob:
        top = tuple(self._token(top_id, logprob) for top_id, logprob in choice.top)
        return self._token(token_id, choice.logprob, top)

    def _token(
        self, token_id: int, logprob: float, top: tuple[TokenLogprob, ...] = ()
    ) -> TokenLogprob:
        written = self._vocabulary.token_bytes(token_id)
        return TokenLogprob(written.decode("utf-8", "replace"), tuple(written), logprob, top)
