"""Generated tokens of one choice become deltas."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agent_memory.device.text.vocabulary import Vocabulary
from agent_memory.engine.runner import TokenChoice
from agent_memory.prompts.output_deltas import OutputDelta
from agent_memory.turns.events import TokenLogprob


class Parser(Protocol):
    """Takes decoded text and marks, and gives out deltas of one choice."""

    @property
    def stop_sequence(self) -> str | None: ...
    @property
    def has_tool_calls(self) -> bool: ...
    @property
    def is_complete(self) -> bool: ...

    def push(
        self, text: str, num_tokens: int = 1, logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[OutputDelta, ...]: ...

    def push_mark(
        self, mark: str, num_tokens: int = 1, logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[OutputDelta, ...]: ...

    def finish(self, *, is_cut: bool = False) -> tuple[OutputDelta, ...]: ...


class Output:
    """What one choice says, from its tokens. Used by one thread at a time.

    `is_chat`: the space with which some tokenizers begin a text is not part of it. `marks`: tokens
    that the parser goes by, with their texts.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        parser: Parser,
        *,
        is_chat: bool,
        marks: Mapping[int, str] = {},
    ) -> None:
        self._vocabulary = vocabulary
        self._stream = vocabulary.new_stream(is_chat=is_chat)
        self._parser = parser
        self._marks = marks

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
        deltas: list[OutputDelta] = []
        begin = 0
        for at in self._places(token_ids):
            deltas += self._read(token_ids[begin:at], logprobs[begin:at])
            deltas += self._read_mark(token_ids[at], logprobs[at : at + 1])
            begin = at + 1
        deltas += self._read(token_ids[begin:], logprobs[begin:])
        return tuple(deltas), self._parser.stop_sequence

    def finish(self, *, is_cut: bool = False) -> tuple[OutputDelta, ...]:
        """Generation has ended: what was still held back. `is_cut`: the model would have gone on,
        and a call that is not whole is none."""
        rest = self._stream.finish()
        deltas = self._parser.push(rest, 0) if rest else ()
        return (*deltas, *self._parser.finish(is_cut=is_cut))

    def _read_mark(self, token_id: int, logprobs: Sequence[TokenLogprob]) -> Sequence[OutputDelta]:
        """The mark, after what is left of a character before it."""
        written = self._stream.push((token_id,))
        rest = written.removesuffix(self._vocabulary.token_text(token_id))
        before = self._parser.push(rest, 0) if rest else ()
        return (*before, *self._parser.push_mark(self._marks[token_id], 1, logprobs))

    def _places(self, token_ids: Sequence[int]) -> Sequence[int]:
        return [at for at, token_id in enumerate(token_ids) if token_id in self._marks]

    def _read(
        self, token_ids: Sequence[int], logprobs: Sequence[TokenLogprob]
    ) -> Sequence[OutputDelta]:
        if not token_ids:
            return ()
        return self._parser.push(self._stream.push(token_ids), len(token_ids), logprobs)

    def _logprob(self, token_id: int, choice: TokenChoice) -> TokenLogprob:
        top = tuple(self._token(top_id, logprob) for top_id, logprob in choice.top)
        return self._token(token_id, choice.logprob, top)

    def _token(
        self, token_id: int, logprob: float, top: tuple[TokenLogprob, ...] = ()
    ) -> TokenLogprob:
        written = self._vocabulary.token_bytes(token_id)
        return TokenLogprob(written.decode("utf-8", "replace"), tuple(written), logprob, top)
