"""The longest part of a prompt whose blocks are here."""

from dataclasses import dataclass

from agent_memory.cache.block import Block
from agent_memory.cache.block_tree import BlockTree
from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.losses import Losses
from agent_memory.cache.miss import Miss, MissKind
from agent_memory.cache.tokens import WIDTH, num_common_tokens, unpack
from agent_memory.ids import BlockHash

Parts = tuple[tuple[Block, int], ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """`parts` are blocks in order, each with how many of its tokens match.

    miss: why it ends at `num_tokens`, or None when all that was asked for is there.
    """

    parts: Parts
    num_tokens: int
    miss: Miss | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(block for block, _ in self.parts)


class PrefixSearch:
    """Finds prefixes in a tree.

    Full blocks are found by their chained hash, and their token ids compared all the same; where
    there is none comes the child with the longest common prefix. Where several ways lead on, all
    are tried, for the same tokens may have been cut in different places. A snapshot counts only
    when all of it matches, and ends the prefix; with `needs_snapshot` nothing else can end it.
    """

    def __init__(
        self, tree: BlockTree, losses: Losses, block_size: int, needs_snapshot: bool
    ) -> None:
        self._tree = tree
        self._losses = losses
        self._block_size = block_size
        self._needs_snapshot = needs_snapshot

    def find(self, root: BlockHash, prompt: bytes) -> Prefix:
        """The longest prefix of `prompt` (packed) below `root`."""
        num_wanted = len(prompt) // WIDTH
        walked: list[tuple[Block, int]] = []
        turnings: list[tuple[int, int, Block]] = []
        position, parent = 0, root
        best: Parts = ()
        num_best = furthest = 0
        while True:
            while position < num_wanted:
                if (snapshot := self._longest_snapshot(parent, prompt, position)) is not None:
                    num_used = snapshot.num_tokens
                    if position + num_used > num_best:
                        best, num_best = (*walked, (snapshot, num_used)), position + num_used
                block, num_used = self._next(parent, prompt, position)
                if block is None:
                    break
                turnings += [
                    (len(walked), position, other)
                    for other in self._shorter(parent, prompt, position)
                    if other is not block
                ]
                walked.append((block, num_used))
                position += num_used
                if num_used < block.num_tokens:
                    break
                parent = block.hash
            furthest = max(furthest, position)
            if position > num_best and not self._needs_snapshot:
                best, num_best = tuple(walked), position
            if position == num_wanted or not turnings:
                break
            depth, position, block = turnings.pop()
            walked[depth:] = [(block, block.num_tokens)]
            position, parent = position + block.num_tokens, block.hash
        if self._needs_snapshot and furthest > num_best:
            reason = f"{furthest} tokens match, but the last snapshot is at {num_best}"
            return Prefix(best, num_best, Miss(MissKind.NO_SNAPSHOT, reason))
        return Prefix(best, num_best, self._miss(root, prompt, best, num_best))

    def find_all(self, root: BlockHash, sequence: bytes) -> list[Block]:
        """Every block that holds a piece of `sequence` (packed) below `root` and nothing else."""
        found: list[Block] = []
        ends = [(root, 0)]
        while ends:
            parent, start = ends.pop()
            for child in self._tree.children(parent):
                if sequence.startswith(child.tokens, start):
                    found.append(child)
                    ends.append((child.hash, start + len(child.tokens)))
        return found

    def _next(self, parent: BlockHash, prompt: bytes, start: int) -> tuple[Block | None, int]:
        """The full block that follows, else the one that shares the most tokens."""
        full = prompt[start * WIDTH : (start + self._block_size) * WIDTH]
        if len(full) == self._block_size * WIDTH:
            block = self._tree.get(chain_hash(parent, unpack(full)))
            if block is not None and not block.is_snapshot and block.tokens == full:
                return block, self._block_size
        best, num_best = None, 0
        for child in self._tree.children(parent):
            if child.is_snapshot:
                continue
            num_used = num_common_tokens(child.tokens, prompt, start)
            if num_used > num_best or (best and num_used == num_best and _is_nearer(child, best)):
                best, num_best = child, num_used
        return best, num_best

    def _shorter(self, parent: BlockHash, prompt: bytes, start: int) -> list[Block]:
        """Children that are no full blocks and match as a whole: a sequence that was cut where its
        turns ended goes on after them."""
        return [
            child
            for child in self._tree.children(parent)
            if child.num_tokens < self._block_size
            and not child.is_snapshot
            and prompt.startswith(child.tokens, start * WIDTH)
        ]

    def _longest_snapshot(self, parent: BlockHash, prompt: bytes, start: int) -> Block | None:
        fitting = (
            child
            for child in self._tree.children(parent)
            if child.is_snapshot and prompt.startswith(child.tokens, start * WIDTH)
        )
        return max(fitting, key=lambda child: child.num_tokens, default=None)

    def _miss(self, root: BlockHash, prompt: bytes, parts: Parts, num_tokens: int) -> Miss | None:
        if num_tokens * WIDTH == len(prompt):
            return None
        parent, num_matched, is_whole = root, 0, False
        if parts:
            block, num_used = parts[-1]
            is_whole = num_used == block.num_tokens
            goes_on = is_whole and not block.is_snapshot
            parent, num_matched = (block.hash, 0) if goes_on else (block.parent, num_used)
        start = num_tokens - num_matched
        if (loss := self._losses.find(parent, prompt, start, num_matched)) is not None:
            return Miss(loss, f"{loss} at token {num_tokens}")
        children = self._tree.children(parent)
        num_known = max((num_common_tokens(b.tokens, prompt, start) for b in children), default=0)
        if not children and not parts:
            return Miss(MissKind.FIRST, MissKind.FIRST)
        if is_whole and (not children or 0 < num_known <= num_matched):
            return Miss(MissKind.NEW, f"new tokens from {num_tokens}")
        return Miss(MissKind.DIFFERENT, f"tokens differ at {start + num_known}")


def _is_nearer(one: Block, other: Block) -> bool:
    """Resident before at rest in memory before on the shelf, then the smaller."""
    return _distance(one) < _distance(other)


def _distance(block: Block) -> tuple[bool, bool, int]:
    return not block.is_resident, not block.is_at_rest, block.num_tokens
