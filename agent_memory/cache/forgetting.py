"""Which blocks nobody needs any more."""

from collections.abc import Container, Iterable

from agent_memory.cache.block import Block
from agent_memory.cache.block_tree import BlockTree
from agent_memory.cache.shelf_ledger import ShelfLedger
from agent_memory.ids import BlockHash


def superseded(tree: BlockTree, block: Block, owner: str) -> list[Block]:
    """Tails of `owner` that `block` says all of and more, and that nothing continues."""
    return [
        tail
        for tail in tree.children(block.parent)
        if owner in tail.owners
        and tail.num_tokens < block.num_tokens
        and block.tokens.startswith(tail.tokens)
        and not tree.children(tail.hash)
    ]


def forgettable(
    tree: BlockTree, shelf: ShelfLedger, candidates: Iterable[Block], owner: str
) -> list[Block]:
    """The candidates that only `owner` used and no lease holds, as far as nothing that stays
    follows them or lives in the same file."""
    chosen = {b.hash: b for b in candidates if b.is_only_of(owner) and b.num_refs == 0}
    staying = [block for block in chosen.values() if _is_needed(tree, shelf, block, chosen)]
    while staying:
        block = staying.pop()
        if chosen.pop(block.hash, None) is not None:
            neighbours = (tree.get(block.parent), *shelf.mates(block))
            staying.extend(b for b in neighbours if b is not None and b.hash in chosen)
    return list(chosen.values())


def _is_needed(
    tree: BlockTree, shelf: ShelfLedger, block: Block, leaving: Container[BlockHash]
) -> bool:
    related = (*tree.children(block.hash), *shelf.mates(block))
    return any(other.hash not in leaving for other in related)
