"""The cost of having a block again once it is gone."""

from dataclasses import dataclass

from agent_memory.cache.block import Block

ATTENTION_DOUBLES_AT = 16_384
"""Tokens before a token at which attending to them costs as much as all else that is computed for
it. With 12 L h^2 weights and 4 L h operations for each token attended to, that is at 6 h."""


MEMORY_BYTES_PER_S = 4e9
"""Of a block that is copied from memory into a row: next to nothing beside all else."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Measured speeds: tokens prefilled, and bytes read from the shelf, in a second."""

    prefill_tokens_per_s: float = 1_000.0
    shelf_bytes_per_s: float = 1e9


class RebuildCost:
    """Seconds by the rates as they are known now. at_rest_budget: bytes of the tier that takes what
    is resident no more."""

    def __init__(self, at_rest_budget: int = 0) -> None:
        self.rates = Rates()
        self._at_rest_budget = at_rest_budget

    def of_computing(self, work: float) -> float:
        """`work`: see `computing_work`."""
        return work / self.rates.prefill_tokens_per_s

    def of_resident(self, block: Block) -> float:
        """Of a block that leaves the engine: it is at rest in memory then, if it fits there."""
        if self._at_rest_budget and block.nbytes <= self._at_rest_budget:
            return block.nbytes / MEMORY_BYTES_PER_S
        return self.of_memory(block)

    def of_memory(self, block: Block) -> float:
        """Of a block that leaves memory: what is on the shelf is read, or computed if sooner."""
        computing_s = self.of_computing(computing_work(block))
        if block.file is None:
            return computing_s
        return min(computing_s, block.nbytes / self.rates.shelf_bytes_per_s)


def computing_work(block: Block) -> float:
    """In tokens at the beginning of a sequence: those further back attend to more."""
    middle = block.num_before + block.num_tokens / 2
    return block.num_tokens * (1 + middle / ATTENTION_DOUBLES_AT)
