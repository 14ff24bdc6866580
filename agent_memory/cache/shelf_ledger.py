"""Bytes of the shelf: which files there are, and which blocks count on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_memory.cache.block import Block
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


@dataclass(slots=True, eq=False)
class ShelfFile:
    """A file of `nbytes`; `blocks` are those that have no other place on the shelf."""

    name: str
    nbytes: int
    blocks: dict[BlockHash, Block] = field(default_factory=dict)

    @property
    def is_held(self) -> bool:
        """True when a lease may read it."""
        return any(block.num_refs for block in self.blocks.values())


class ShelfLedger:
    """Files, the least recently used first. Bytes throughout."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.nbytes = 0
        self._files: dict[str, ShelfFile] = {}

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    @property
    def num_blocks(self) -> int:
        return sum(len(file.blocks) for file in self._files.values())

    def mates(self, block: Block) -> tuple[Block, ...]:
        """All blocks that count on the same file as `block`, itself included."""
        return tuple(self._files[block.file].blocks.values()) if block.file is not None else ()

    def is_idle(self, name: str) -> bool:
        """True for a known file that no block counts on."""
        return name in self._files and not self._files[name].blocks

    def add(self, name: str, nbytes: int) -> None:
        """Know a file from now on; one that is known keeps its size."""
        if name not in self._files:
            self._files[name] = ShelfFile(name, nbytes)
            self.nbytes += nbytes

    def remove(self, name: str) -> tuple[Block, ...]:
        """Forget a file; returns the blocks that counted on it, which now have none."""
        file = self._files.pop(name)
        self.nbytes -= file.nbytes
        for block in file.blocks.values():
            block.file = None
        return tuple(file.blocks.values())

    def link(self, block: Block, name: str) -> None:
        """From now on `block` counts on the file."""
        block.file = name
        self._files[name].blocks[block.hash] = block

    def unlink(self, block: Block) -> None:
        """From now on `block`, which is on the shelf, counts on no file."""
        if block.file is not None:
            del self._files[block.file].blocks[block.hash]
            block.file = None

    def touch(self, name: str) -> None:
        """Make a file the most recently used one."""
        self._files[name] = self._files.pop(name)

    def discard_order(self) -> Iterator[ShelfFile]:
        """Files that no active lease reads, the least recently used first."""
        return (file for file in self._files.values() if not file.is_held)

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when sums or links are wrong or too much is kept."""
        if self.nbytes != sum(file.nbytes for file in self._files.values()):
            raise InvariantBroken("shelf bytes do not add up")
        for file in self._files.values():
            if not file.blocks:
                raise InvariantBroken(f"nothing counts on {file.name}")
            if any(block.file != file.name for block in file.blocks.values()):
                raise InvariantBroken(f"a block of {file.name} is elsewhere")
        if self.nbytes > self.budget and next(self.discard_order(), None) is not None:
            raise InvariantBroken("the shelf budget is exceeded though files can be discarded")
