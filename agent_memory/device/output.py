"""Generated tokens of one choice become deltas."""

from collections.abc import Sequence

from agent_memory.device.vocabulary import TextStream
from agent_memory.prompts.output import OutputDelta, OutputParser
from agent_memory.turns.events import TokenLogprob


class Output:
    """What one choice says, from its tokens. Used by one thread at a time."""

    def __init__(self, stream: TextStream, parser: OutputParser) -> None:
        self._stream = stream
        self._parser = parser

    @property
    def has_tool_calls(self) -> bool:
        """Whether a call was given out; the finish reason is TOOL_CALLS then."""
        return self._parser.has_tool_calls

    def push(
        self, token_ids: Sequence[int], logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[tuple[OutputDelta, ...], str | None]:
        """(new deltas, the stop string that was met or None). The token that ends the turn is not
        pushed. `logprobs`: one per token, or none."""
        deltas = self._parser.push(self._stream.push(token_ids), len(token_ids), logprobs)
        return deltas, self._parser.stop_sequence

    def finish(self) -> tuple[OutputDelta, ...]:
        """Generation has ended, for whatever reason: what was still held back."""
        rest = self._stream.finish()
        deltas = self._parser.push(rest, 0) if rest else ()
        return (*deltas, *self._parser.finish())
