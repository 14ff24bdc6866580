"""Which blocks nobody needs any more."""

from collections.abc import Container, Iterable, Sequence

from agent_memory.cache.block import Block
from agent_memory.cache.block_tree import BlockTree
from agent_memory.cache.shelf_ledger import ShelfLedger
from agent_memory.ids import BlockHash


def outgrown_tails(tree: BlockTree, block: Block, owner: str) -> list[Block]:
    """The owner's tails that `block` supersedes and that no other block extends."""
    if block.is_snapshot:
        return []
    return [
        tail
        for tail in tree.children(block.parent)
        if owner in tail.owners
        and not tail.is_snapshot
        and tail.num_tokens < block.num_tokens
        and block.tokens.startswith(tail.tokens)
        and not tree.children(tail.hash)
    ]


def outgrown_snapshots(tree: BlockTree, path: Sequence[Block], owner: str) -> list[Block]:
    """Snapshots of `owner` along `path` when a newer one ends it, but for the first, from which
    others continue, and the last before it: from there the last turn can be taken once more."""
    if not path or not path[-1].is_snapshot:
        return []
    sequence, starts = bytearray(), {path[0].parent: 0}
    for block in path:
        del sequence[starts.get(block.parent, 0) :]
        sequence += block.tokens
        starts[block.hash] = len(sequence)
    found: list[tuple[int, Block]] = []
    for parent, start in starts.items():
        found += [
            (start + len(child.tokens), child)
            for child in tree.children(parent)
            if child.is_snapshot
            and owner in child.owners
            and child is not path[-1]
            and sequence.startswith(child.tokens, start)
        ]
    found.sort(key=lambda item: item[0])
    return [snapshot for _, snapshot in found[1:-1]]


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
