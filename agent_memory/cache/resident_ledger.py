"""Bytes of the engine's memory: of resident blocks, and promised to active leases."""

from collections.abc import Iterator

from agent_memory.cache.block import Block
from agent_memory.cache.eviction_order import EvictionOrder, Standing
from agent_memory.cache.rebuild_cost import RebuildCost
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


class ResidentLedger:
    """Which blocks are resident, and which of them go first. Bytes throughout."""

    def __init__(self, budget: int, cost: RebuildCost) -> None:
        self.nbytes = 0
        self.reserved = 0
        self._cost = cost
        self._blocks: dict[BlockHash, Block] = {}
        self._order: EvictionOrder[Block] = EvictionOrder(budget)

    def __len__(self) -> int:
        return len(self._blocks)

    @property
    def budget(self) -> int:
        return self._order.budget

    def standing(self, workspace: BlockHash) -> Standing:
        """What a workspace has here, and what it may count on."""
        return Standing(self._order.in_use(workspace), self._order.share(workspace))

    @property
    def num_free(self) -> int:
        """Bytes left of the budget; negative when it is exceeded."""
        return self.budget - self.nbytes - self.reserved

    def add(self, block: Block) -> None:
        block.is_resident = True
        self._blocks[block.hash] = block
        self.nbytes += block.nbytes
        self._order.add(block, block.root, block.nbytes, is_held=block.num_refs > 0)

    def remove(self, block: Block) -> None:
        if block in self._order:
            self._order.remove(block)
        block.is_resident = False
        del self._blocks[block.hash]
        self.nbytes -= block.nbytes

    def reserve(self, workspace: BlockHash, nbytes: int) -> None:
        """Promise room to a workspace, or take a promise back with a negative number."""
        self.reserved += nbytes
        self._order.reserve(workspace, nbytes)

    def touch(self, block: Block, at_least: float) -> float:
        """A resident block is used now; see `EvictionOrder.touch`."""
        cost_per_byte = self._cost.of_resident(block) / max(1, block.nbytes)
        return self._order.touch(block, cost_per_byte, at_least)

    def demote(self, block: Block) -> None:
        self._order.demote(block)

    def move(self, block: Block) -> None:
        """The block's workspace has become known."""
        self._order.move(block, block.root)

    def hold(self, block: Block) -> None:
        self._order.hold(block)

    def let_go(self, block: Block) -> None:
        self._order.let_go(block)

    def can_free(self, num_bytes: int, workspace: BlockHash, *, from_all: bool) -> bool:
        """Whether so many bytes could be evicted for a workspace."""
        return self._order.can_take(num_bytes, workspace, from_all=from_all)

    def num_spare(self, workspace: BlockHash, *, from_all: bool) -> float:
        """Bytes that could be evicted for a workspace."""
        return self._order.spare(workspace, from_all=from_all)

    def take(
        self, num_bytes: int, workspace: BlockHash | None, *, from_all: bool
    ) -> Iterator[Block]:
        """Blocks to be evicted, and removed by the caller; see `EvictionOrder.take`."""
        return self._order.take(num_bytes, workspace, from_all=from_all)

    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks.values())

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when the sums are wrong or the budget is exceeded needlessly."""
        self._order.check_integrity()
        if self.nbytes != sum(block.nbytes for block in self._blocks.values()):
            raise InvariantBroken("resident bytes do not add up")
        if not all(block.is_resident for block in self._blocks.values()):
            raise InvariantBroken("a block in the resident ledger is not resident")
        if len(self._order) != len(self._blocks):
            raise InvariantBroken("a resident block has no place in the order")
        if self.num_free < 0 and self._order.has_idle():
            raise InvariantBroken("the resident budget is exceeded though blocks can be evicted")
