"""Every block's places, and what becomes of it when it loses one."""

from collections.abc import Iterable, Sequence

from agent_memory.cache.block import Block
from agent_memory.cache.block_tree import BlockTree
from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.losses import Losses
from agent_memory.cache.miss import MissKind
from agent_memory.cache.rebuild_cost import RebuildCost
from agent_memory.cache.resident_ledger import ResidentLedger
from agent_memory.cache.shelf_ledger import ShelfLedger
from agent_memory.cache.tokens import pack
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash


class BlockRegister:
    """The tree and both ledgers, kept in step; orders for the engine gather in two lists.

    A block that is neither resident nor on the shelf is lost, and with it its place in the tree.
    """

    def __init__(self, resident_budget: int, shelf_budget: int) -> None:
        self.tree = BlockTree()
        self.losses = Losses()
        self.cost = RebuildCost()
        self.resident = ResidentLedger(resident_budget, self.cost)
        self.shelf = ShelfLedger(shelf_budget, self.cost)
        self._to_evict: dict[BlockHash, None] = {}
        self._to_discard: dict[str, None] = {}
        self.num_evicted = 0
        self.num_discarded = 0

    def store(self, stored: StoredBlock, is_resident: bool) -> Block | None:
        """Register what the engine or the shelf holds; None when it holds nothing of the block."""
        block = self.tree.get(stored.hash)
        if block is None:
            if not is_resident and stored.file is None:
                return None
            tokens = pack(stored.token_ids)
            block = Block(stored.hash, stored.parent, tokens, stored.nbytes, stored.is_snapshot)
            for moved in self.tree.add(block):
                self._move(moved)
        if is_resident and not block.is_resident:
            self.resident.add(block)
            self._to_evict.pop(block.hash, None)
        if stored.file is not None and block.file is None and stored.file in self.shelf:
            self.shelf.link(block, stored.file)
        return block

    def add_file(self, name: str, nbytes: int) -> None:
        """A file is on the shelf; `store` its blocks, then `settle_files`."""
        self.shelf.add(name, nbytes)
        self._to_discard.pop(name, None)

    def settle_files(self, names: Iterable[str]) -> None:
        """Discard those files whose blocks all have a place in older ones."""
        for name in names:
            if self.shelf.is_idle(name):
                self.shelf.remove(name)
                self._order_discard(name)

    def touch(self, blocks: Sequence[Block]) -> None:
        """Use of a path from a root: nothing goes before what is useless without it."""
        in_memory = on_shelf = 0.0
        file: str | None = None
        for block in reversed(blocks):
            if block not in self.tree:
                continue
            if block.is_resident:
                in_memory = self.resident.touch(block, in_memory)
            if block.file is not None and block.file != file:
                on_shelf = self.shelf.touch(block.file, on_shelf)
                file = block.file

    def touch_all(self, blocks: Sequence[Block]) -> None:
        """Use of many paths, the least recently used first; `blocks` are what they end with."""
        seen: set[BlockHash] = set()
        paths: list[Block] = []
        for end in reversed(blocks):
            path: list[Block] = []
            block: Block | None = end
            while block is not None and block.hash not in seen:
                seen.add(block.hash)
                path.append(block)
                block = self.tree.get(block.parent)
            paths += reversed(path)
        self.touch(paths)

    def hold(self, blocks: Iterable[Block]) -> None:
        """One more lease uses the blocks: they stay where they are."""
        for block in blocks:
            block.num_refs += 1
            if block.num_refs == 1 and block.is_resident:
                self.resident.hold(block)
            if block.num_refs == 1 and block.file is not None:
                self.shelf.hold(block)

    def let_go(self, blocks: Iterable[Block]) -> None:
        """One lease less uses the blocks."""
        for block in blocks:
            block.num_refs -= 1
            if block.num_refs == 0 and block.is_resident:
                self.resident.let_go(block)
            if block.num_refs == 0 and block.file is not None:
                self.shelf.let_go(block)

    def make_room(self, num_needed: int, workspace: BlockHash, *, from_all: bool = False) -> bool:
        """Evict until `num_needed` bytes are free, at the expense of `workspace` and of those that
        have more than their share, or of all; when that cannot be done, evict nothing."""
        missing = num_needed - self.resident.num_free
        if missing <= 0:
            return True
        if not self.resident.can_free(missing, workspace, from_all=from_all):
            return False
        self._evict_some(missing, workspace, from_all=from_all)
        return True

    def enforce_budgets(self, workspace: BlockHash | None = None) -> None:
        """Evict and discard as far as leases allow, because of what `workspace` has added."""
        for from_all in (False, True):
            self._discard_some(self.shelf.nbytes - self.shelf.budget, workspace, from_all=from_all)
            self._evict_some(-self.resident.num_free, workspace, from_all=from_all)

    def evict(self, block: Block, kind: MissKind) -> None:
        """The engine shall drop a resident block."""
        self.resident.remove(block)
        self._to_evict[block.hash] = None
        self.num_evicted += 1
        self._bury_if_lost(block, kind)

    def discard(self, name: str, kind: MissKind) -> None:
        """The engine shall delete a file."""
        self.lose_file(name, kind)
        self._order_discard(name)

    def lose_file(self, name: str, kind: MissKind) -> None:
        """A file is gone from the shelf. An unknown one is no matter."""
        for block in self.shelf.remove(name) if name in self.shelf else ():
            self._bury_if_lost(block, kind)

    def forget(self, block: Block) -> None:
        """Let go of a block everywhere; its file goes with the last block that counts on it."""
        if block.is_resident:
            self.resident.remove(block)
            self._to_evict[block.hash] = None
        if (name := block.file) is not None:
            self.shelf.unlink(block)
            self.settle_files((name,))
        self.tree.remove(block)

    def empty_engine(self) -> None:
        """Nothing is resident any more, and nothing needs to be evicted."""
        for block in reversed(self.resident.blocks()):
            self.resident.remove(block)
            self._bury_if_lost(block, MissKind.ENGINE_LOST)
        self._to_evict.clear()

    def take_evictions(self) -> tuple[BlockHash, ...]:
        """What the engine shall drop; asked for once."""
        taken = tuple(self._to_evict)
        self._to_evict.clear()
        return taken

    def take_discards(self) -> tuple[str, ...]:
        """Which files shall be deleted; asked for once."""
        taken = tuple(self._to_discard)
        self._to_discard.clear()
        return taken

    def give_back(self, evict: Iterable[BlockHash], discard: Iterable[str]) -> None:
        """Orders that may never have been carried out, as far as they still hold."""
        for name in evict:
            block = self.tree.get(name)
            if block is None or not block.is_resident:
                self._to_evict[name] = None
        self._to_discard.update((name, None) for name in discard if name not in self.shelf)

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when any two of the parts disagree."""
        self.tree.check_integrity()
        self.resident.check_integrity()
        self.shelf.check_integrity()
        if any(not block.is_resident and block.file is None for block in self.tree):
            raise InvariantBroken("a block is in the tree though it is nowhere")
        if sum(block.is_resident for block in self.tree) != len(self.resident):
            raise InvariantBroken("the tree and the resident ledger differ")
        if sum(block.file is not None for block in self.tree) != self.shelf.num_blocks:
            raise InvariantBroken("the tree and the shelf ledger differ")
        if any((b := self.tree.get(name)) and b.is_resident for name in self._to_evict):
            raise InvariantBroken("a resident block is to be evicted")
        if any(name in self.shelf for name in self._to_discard):
            raise InvariantBroken("a file in use is to be discarded")

    def _order_discard(self, name: str) -> None:
        self._to_discard[name] = None
        self.num_discarded += 1

    def _evict_some(self, nbytes: int, workspace: BlockHash | None, *, from_all: bool) -> None:
        for block in self.resident.take(nbytes, workspace, from_all=from_all):
            self.evict(block, MissKind.EVICTED)

    def _discard_some(self, nbytes: int, workspace: BlockHash | None, *, from_all: bool) -> None:
        for file in self.shelf.take(nbytes, workspace, from_all=from_all):
            self.discard(file.name, MissKind.EVICTED)

    def _move(self, block: Block) -> None:
        if block.is_resident:
            self.resident.move(block)
        if block.file is not None:
            self.shelf.move(block)

    def _bury_if_lost(self, block: Block, kind: MissKind) -> None:
        if block.is_resident or block.file is not None:
            return
        self.tree.remove(block)
        self.losses.note(block, kind)
        for orphan in self.tree.descendants(block):
            if orphan.is_resident:
                self.resident.demote(orphan)
            if orphan.file is not None:
                self.shelf.demote(orphan)
