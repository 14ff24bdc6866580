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

    def add(self, block: Block) -> None:
        self._blocks[block.hash] = block
        self._children.setdefault(block.parent, {})[block.hash] = block

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
