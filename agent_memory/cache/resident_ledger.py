"""Bytes of the engine's memory: of resident blocks, and promised to active leases."""

from collections.abc import Iterator

from agent_memory.cache.block import Block
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


class ResidentLedger:
    """Which blocks are resident, the least recently used first. Bytes throughout."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.nbytes = 0
        self.reserved = 0
        self._blocks: dict[BlockHash, Block] = {}

    def __len__(self) -> int:
        return len(self._blocks)

    @property
    def num_free(self) -> int:
        """Bytes left of the budget; negative when it is exceeded."""
        return self.budget - self.nbytes - self.reserved

    def add(self, block: Block) -> None:
        block.is_resident = True
        self._blocks[block.hash] = block
        self.nbytes += block.nbytes

    def remove(self, block: Block) -> None:
        block.is_resident = False
        del self._blocks[block.hash]
        self.nbytes -= block.nbytes

    def touch(self, block: Block) -> None:
        """Make a resident block the most recently used one."""
        self._blocks[block.hash] = self._blocks.pop(block.hash)

    def eviction_order(self) -> Iterator[Block]:
        """Blocks without a lease, the cheapest to rebuild per byte first, then the oldest.

        What is on the shelf is read back; anything else has to be computed, and its cost is the
        number of its tokens.
        """
        yield from (b for b in self._blocks.values() if b.num_refs == 0 and b.file is not None)
        unshelved = [b for b in self._blocks.values() if b.num_refs == 0 and b.file is None]
        yield from sorted(unshelved, key=lambda block: block.num_tokens / max(1, block.nbytes))

    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks.values())

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when the sums are wrong or the budget is exceeded needlessly."""
        if self.nbytes != sum(block.nbytes for block in self._blocks.values()):
            raise InvariantBroken("resident bytes do not add up")
        if not all(block.is_resident for block in self._blocks.values()):
            raise InvariantBroken("a block in the resident ledger is not resident")
        if self.num_free < 0 and next(self.eviction_order(), None) is not None:
            raise InvariantBroken("the resident budget is exceeded though blocks can be evicted")
