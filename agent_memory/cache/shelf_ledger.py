"""Bytes of the shelf: which files there are, and which blocks count on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_memory.cache.block import Block, outlives
from agent_memory.cache.eviction_order import EvictionOrder, Standing
from agent_memory.cache.rebuild_cost import RebuildCost, computing_work
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


@dataclass(slots=True, eq=False)
class ShelfFile:
    """A file of `nbytes`; `blocks` are those that have no other place on the shelf.

    work: what it takes to compute them again. num_held: how many of them leases may read.
    is_pinned: it stays for a time even if nobody reads it. fades_at: when its key is forgotten.
    """

    name: str
    nbytes: int
    fades_at: float | None = None
    blocks: dict[BlockHash, Block] = field(default_factory=dict)
    work: float = 0.0
    num_held: int = 0
    is_pinned: bool = False


class ShelfLedger:
    """Which files there are, and which of them go first. Bytes throughout."""

    def __init__(self, budget: int, cost: RebuildCost) -> None:
        self.nbytes = 0
        self.promised = 0
        self._cost = cost
        self._files: dict[str, ShelfFile] = {}
        self._order: EvictionOrder[ShelfFile] = EvictionOrder(budget)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, name: object) -> bool:
        return name in self._files

    @property
    def budget(self) -> int:
        return self._order.budget

    @property
    def num_free(self) -> int:
        """Bytes that are neither in use nor promised; negative when the budget is exceeded."""
        return self.budget - self.nbytes - self.promised

    def promise(self, workspace: BlockHash, num_bytes: int) -> None:
        """Bytes that are to come count as a workspace's; a negative number takes it back."""
        self.promised += num_bytes
        self._order.reserve(workspace, num_bytes)

    def can_free(self, num_bytes: int, workspace: BlockHash) -> bool:
        """Whether `take` would get as much without touching others' shares."""
        return self._order.can_take(num_bytes, workspace)

    def standing(self, workspace: BlockHash) -> Standing:
        """What a workspace has here, and what it may count on."""
        return Standing(self._order.in_use(workspace), self._order.share(workspace))

    @property
    def num_blocks(self) -> int:
        return sum(len(file.blocks) for file in self._files.values())

    def mates(self, block: Block) -> tuple[Block, ...]:
        """All blocks that count on the same file as `block`, itself included."""
        return tuple(self._files[block.file].blocks.values()) if block.file is not None else ()

    def is_idle(self, name: str) -> bool:
        """True for a known file that no block counts on."""
        return name in self._files and not self._files[name].blocks

    def add(self, name: str, nbytes: int, fades_at: float | None = None) -> None:
        """Know a file from now on; one that is known keeps its size."""
        if name not in self._files:
            self._files[name] = ShelfFile(name, nbytes, fades_at)
            self.nbytes += nbytes

    def is_better_for(self, block: Block, name: str) -> bool:
        """Whether a file is known, and `block` has none, or one that goes before this one."""
        if name not in self._files or block.file is None:
            return name in self._files
        return outlives(self._files[name].fades_at, self._files[block.file].fades_at)

    def faded(self, now: float) -> list[str]:
        """The files whose keys are forgotten."""
        return [
            name
            for name, file in self._files.items()
            if file.fades_at is not None and file.fades_at <= now
        ]

    def remove(self, name: str) -> tuple[Block, ...]:
        """Forget a file; returns the blocks that counted on it, which now have none."""
        file = self._files.pop(name)
        self.nbytes -= file.nbytes
        if file in self._order:
            self._order.remove(file)
        for block in file.blocks.values():
            block.file = None
        return tuple(file.blocks.values())

    def link(self, block: Block, name: str) -> None:
        """From now on `block` counts on the file."""
        file = self._files[name]
        block.file = name
        file.blocks[block.hash] = block
        file.work += computing_work(block)
        if file not in self._order:
            self._order.add(file, block.root, file.nbytes, is_held=False)
        if block.num_refs:
            self.hold(block)

    def unlink(self, block: Block) -> None:
        """From now on `block`, which is on the shelf, counts on no file."""
        if block.file is None:
            return
        file = self._files[block.file]
        if block.num_refs:
            self.let_go(block)
        del file.blocks[block.hash]
        block.file = None
        if not file.blocks:
            self._order.remove(file)

    def touch(self, name: str, at_least: float) -> float:
        """A file is used now; see `EvictionOrder.touch`."""
        file = self._files[name]
        cost_per_byte = self._cost.of_computing(file.work) / max(1, file.nbytes)
        return self._order.touch(file, cost_per_byte, at_least)

    def demote(self, block: Block) -> None:
        """`block` has become useless; its file, too, when it begins with that block."""
        file = self._files[block.file or ""]
        if next(iter(file.blocks.values())) is block:
            self._order.demote(file)

    def move(self, block: Block) -> None:
        """The block's workspace has become known."""
        self._order.move(self._files[block.file or ""], block.root)

    def hold(self, block: Block) -> None:
        """A lease may read a block that nobody held."""
        file = self._files[block.file or ""]
        file.num_held += 1
        self._order.hold(file)

    def let_go(self, block: Block) -> None:
        """No lease may read the block any more."""
        file = self._files[block.file or ""]
        file.num_held -= 1
        if not file.num_held and not file.is_pinned:
            self._order.let_go(file)

    def pin(self, name: str) -> None:
        """A file with blocks stays until it is unpinned. Repeatable."""
        file = self._files[name]
        file.is_pinned = True
        self._order.hold(file)

    def unpin(self, name: str) -> None:
        """An unknown file, or one that is not pinned, is no matter."""
        file = self._files.get(name)
        if file is not None and file.is_pinned:
            file.is_pinned = False
            if not file.num_held:
                self._order.let_go(file)

    def size_of(self, name: str) -> int:
        """Bytes of a known file."""
        return self._files[name].nbytes

    def pinned(self) -> set[str]:
        """The names of all pinned files."""
        return {file.name for file in self._files.values() if file.is_pinned}

    def take(
        self, num_bytes: int, workspace: BlockHash | None, *, from_all: bool
    ) -> Iterator[ShelfFile]:
        """Files to be discarded, and removed by the caller; see `EvictionOrder.take`."""
        return self._order.take(num_bytes, workspace, from_all=from_all)

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when sums or links are wrong or too much is kept."""
        self._order.check_integrity()
        if self.nbytes != sum(file.nbytes for file in self._files.values()):
            raise InvariantBroken("shelf bytes do not add up")
        if len(self._order) != len(self._files):
            raise InvariantBroken("a file has no place in the order")
        for file in self._files.values():
            if not file.blocks:
                raise InvariantBroken(f"nothing counts on {file.name}")
            if any(block.file != file.name for block in file.blocks.values()):
                raise InvariantBroken(f"a block of {file.name} is elsewhere")
            if file.num_held != sum(block.num_refs > 0 for block in file.blocks.values()):
                raise InvariantBroken(f"holds of {file.name} do not add up")
        if self.num_free < 0 and self._order.has_idle():
            raise InvariantBroken("the shelf budget is exceeded though files can be discarded")
