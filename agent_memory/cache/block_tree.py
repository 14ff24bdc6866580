"""All known blocks, found by hash and by parent."""

from collections.abc import Collection, Iterator

from agent_memory.cache.block import Block
from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.tokens import unpack
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


class BlockTree:
    """A forest: one tree per root hash. A parent may be unknown (lost, or never published)."""

    def __init__(self) -> None:
        self._blocks: dict[BlockHash, Block] = {}
        self._children: dict[BlockHash, dict[BlockHash, Block]] = {}

    def __len__(self) -> int:
        return len(self._blocks)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._blocks.values())

    def __contains__(self, block: Block) -> bool:
        return self._blocks.get(block.hash) is block

    def get(self, name: BlockHash) -> Block | None:
        return self._blocks.get(name)

    def children(self, parent: BlockHash) -> Collection[Block]:
        """Blocks that follow `parent`; empty when none do."""
        return self._children.get(parent, {}).values()

    def add(self, block: Block) -> list[Block]:
        """A new block. Returns the descendants that were known already, and begin elsewhere now
        that what comes before them is known."""
        self._blocks[block.hash] = block
        self._children.setdefault(block.parent, {})[block.hash] = block
        self._place(block)
        waiting = [child for child in self.children(block.hash) if child.root != block.root]
        moved: list[Block] = []
        while waiting:
            moved.append(child := waiting.pop())
            self._place(child)
            waiting += self.children(child.hash)
        return moved

    def descendants(self, block: Block) -> list[Block]:
        """Blocks that are of no use without `block`."""
        found: list[Block] = []
        waiting = list(self.children(block.hash))
        while waiting:
            found.append(child := waiting.pop())
            waiting += self.children(child.hash)
        return found

    def remove(self, block: Block) -> None:
        del self._blocks[block.hash]
        siblings = self._children[block.parent]
        del siblings[block.hash]
        if not siblings:
            del self._children[block.parent]

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when the two indexes or a hash disagree."""
        indexed = {h: b for siblings in self._children.values() for h, b in siblings.items()}
        if indexed != self._blocks:
            raise InvariantBroken("the tree's two indexes differ")
        for parent, siblings in self._children.items():
            for name, block in siblings.items():
                if block.parent != parent or chain_hash(parent, unpack(block.tokens)) != name:
                    raise InvariantBroken(f"block {name} is not the one its hash names")
                above = self._blocks.get(parent)
                if above is not None and above.root != block.root:
                    raise InvariantBroken(f"block {name} and the one before it begin elsewhere")

    def _place(self, block: Block) -> None:
        parent = self._blocks.get(block.parent)
        block.root = parent.root if parent is not None else block.parent
        block.num_before = parent.num_before + parent.num_tokens if parent is not None else 0
