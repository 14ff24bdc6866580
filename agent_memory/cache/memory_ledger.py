"""Bytes of a tier of memory: of the blocks in it, and promised to active leases."""

from collections.abc import Callable, Iterable, Iterator

from agent_memory.cache.block import Block
from agent_memory.cache.eviction_order import EvictionOrder, Standing
from agent_memory.cache.lease import Location
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


class MemoryLedger:
    """Which blocks are in the tier, and which of them go first. Bytes throughout.

    cost: seconds to have a block again that has left the tier.
    """

    def __init__(self, tier: Location, budget: int, cost: Callable[[Block], float]) -> None:
        self.nbytes = 0
        self.reserved = 0
        self._tier = tier
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
        """A block that is in no tier of memory comes into this one."""
        block.tier = self._tier
        self._blocks[block.hash] = block
        self.nbytes += block.nbytes
        self._order.add(block, block.root, block.nbytes, is_held=block.num_refs > 0)

    def remove(self, block: Block) -> None:
        if block in self._order:
            self._order.remove(block)
        block.tier = None
        del self._blocks[block.hash]
        self.nbytes -= block.nbytes

    def reserve(self, workspace: BlockHash, nbytes: int) -> None:
        """Promise room to a workspace, or take a promise back with a negative number."""
        self.reserved += nbytes
        self._order.reserve(workspace, nbytes)

    def touch(self, block: Block, at_least: float) -> float:
        """A block of the tier is used now; see `EvictionOrder.touch`."""
        return self._order.touch(block, self._cost(block) / max(1, block.nbytes), at_least)

    def highest_of(self, blocks: Iterable[Block]) -> float:
        """The highest priority of those among `blocks` that are in the tier; 0 without any."""
        mine = (block for block in blocks if block.tier is self._tier)
        return max((self._order.priority(block) for block in mine), default=0.0)

    def demote(self, block: Block) -> None:
        self._order.demote(block)

    def move(self, block: Block) -> None:
        """The block's workspace has become known."""
        self._order.move(block, block.root)

    def hold(self, block: Block) -> None:
        self._order.hold(block)

    def let_go(self, block: Block) -> None:
        self._order.let_go(block)

    def can_free(self, num_bytes: int, workspace: BlockHash, *, from_all: bool = False) -> bool:
        """Whether so many bytes could be evicted for a workspace."""
        return self._order.can_take(num_bytes, workspace, from_all=from_all)

    def num_spare(self, workspace: BlockHash, *, from_all: bool) -> float:
        """Bytes that could be evicted for a workspace."""
        return self._order.spare(workspace, from_all=from_all)

    def take(
        self, num_bytes: int, workspace: BlockHash | None, *, from_all: bool = False
    ) -> Iterator[Block]:
        """Blocks to be evicted, and removed by the caller; see `EvictionOrder.take`."""
        return self._order.take(num_bytes, workspace, from_all=from_all)

    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks.values())

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when the sums are wrong or the budget is exceeded needlessly."""
        self._order.check_integrity()
        tier = self._tier
        if self.nbytes != sum(block.nbytes for block in self._blocks.values()):
            raise InvariantBroken(f"bytes of the tier '{tier}' do not add up")
        if not all(block.tier is tier for block in self._blocks.values()):
            raise InvariantBroken(f"a block in the ledger of '{tier}' is not there")
        if len(self._order) != len(self._blocks):
            raise InvariantBroken(f"a block of the tier '{tier}' has no place in the order")
        if self.num_free < 0 and self._order.has_idle():
            raise InvariantBroken(f"'{tier}' exceeds its budget though blocks can be evicted")
