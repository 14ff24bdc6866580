"""The tokens of a session's KV cache, told turn by turn."""

from collections.abc import Iterable
from dataclasses import dataclass

TokenIds = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One turn's part: the first `num_shared` tokens stay as they were after the turn before, then
    comes what was read besides, then what was generated."""

    num_shared: int
    read: TokenIds
    said: TokenIds

    def after(self, before: TokenIds) -> TokenIds:
        """The sequence after this turn, given the one before it."""
        return (*before[: self.num_shared], *self.read, *self.said)

    @classmethod
    def between(cls, before: TokenIds, prompt: TokenIds, said: TokenIds) -> "SequenceStep":
        """The step from the sequence `before` to `prompt` and what was said to it."""
        num_shared = num_common(before, prompt)
        return cls(num_shared, prompt[num_shared:], said)


def after_all(steps: Iterable[SequenceStep]) -> TokenIds:
    """The sequence after the last of all turns of a session, given in order."""
    sequence: TokenIds = ()
    for step in steps:
        sequence = step.after(sequence)
    return sequence


def all_sequences(steps: Iterable[SequenceStep]) -> list[TokenIds]:
    """The sequences of a session that no later turn continued: the last, and those before which it
    began again."""
    found: list[TokenIds] = []
    sequence: TokenIds = ()
    for step in steps:
        if step.num_shared < len(sequence):
            found.append(sequence)
        sequence = step.after(sequence)
    return [*found, sequence]


def num_common(one: TokenIds, other: TokenIds) -> int:
    """Length of the longest common prefix."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:  # the first `low` are equal, the first `high` are not
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
