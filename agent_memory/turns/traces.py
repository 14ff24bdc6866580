"""The tokens that an answer of the local engine leaves besides its words."""

from dataclasses import dataclass

from agent_memory.turns.sequence import SequenceStep, TokenIds


@dataclass(frozen=True, slots=True)
class Traces:
    """The tokens of a turn, as they stand in the session's KV cache.

    model_fingerprint: of the weights and tokenizer that made the tokens.
    tokens: generated token ids without the closing end-of-turn token.
    generation_suffix: the text that the template put between the history and the generated text.
    num_tokens: length of the session's KV sequence after the turn.
    num_shared, read_tokens: see `SequenceStep`; they follow the turn before that left traces.
    """

    model_fingerprint: str
    tokens: TokenIds
    generation_suffix: str
    num_tokens: int
    num_shared: int = 0
    read_tokens: TokenIds = ()

    @property
    def step(self) -> SequenceStep:
        """How the turn changes the sequence of tokens."""
        return SequenceStep(self.num_shared, self.read_tokens, self.tokens)
