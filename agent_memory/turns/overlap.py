"""How far the prompt of a turn agrees with what an earlier turn has left."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Overlap:
    """Counts are in tokens of the model that answers.

    num_common: so many tokens from the beginning are the same. num_before: those that the earlier
    turn left in the KV cache, its answer among them. num_prompt: of the prompt.
    is_other_model: the earlier turn was another model's, so that no token is the same.
    has_other_messages: a message that the earlier turn held is another one, or gone.
    is_lost: the tokens agree, but their KV was evicted, or could not be read.
    """

    num_common: int
    num_before: int
    num_prompt: int
    is_other_model: bool = False
    has_other_messages: bool = False
    is_lost: bool = False

    @property
    def is_whole(self) -> bool:
        """The prompt goes on from the earlier turn, or is the beginning of it."""
        return self.num_common >= min(self.num_before, self.num_prompt)
